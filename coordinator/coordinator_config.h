#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "coordinator/dispatch/dispatcher.h"
#include "coordinator/model/policy.h"
#include "coordinator/model/reflex_rule.h"
#include "coordinator/model/tag.h"
#include "coordinator/pipeline/learning.h"

namespace foreshock::coordinator {

/// What coordinator.toml says, checked; every default is here or in the structs named.
struct CoordinatorConfig {
  std::string path;                           ///< where it was read from
  std::map<std::string, std::string> values;  ///< what it says, by dotted key, as written

  std::string state_directory = "/var/lib/foreshock-coordinator";
  std::string listen = "tcp://0.0.0.0:7420";
  std::string admin_socket = "/run/foreshock-coordinator/admin.sock";
  std::string socket_group = "foreshock";
  std::string log_level = "info";
  std::chrono::nanoseconds history_max_age = std::chrono::hours(24 * 30);
  Bytes history_max_bytes{std::uint64_t{10} << 30};
  Bytes history_min_free{std::uint64_t{256} << 20};  ///< of its file system
  std::chrono::nanoseconds decide_interval = std::chrono::seconds(1);
  Dispatcher::Options dispatch;
  Learning::Options learning;
  std::vector<Policy> policies;
  std::vector<TagRule> tag_rules;
  std::vector<SignatureRule> signature_rules;
  std::vector<ReflexRule> reflex_rules;

  std::string key_file() const { return state_directory + "/coordinator.key"; }
  std::string agents_file() const { return state_directory + "/agents.json"; }
  std::string history_file() const { return state_directory + "/history.db"; }
  std::string anomalies_file() const { return state_directory + "/anomalies.db"; }
  std::string models_file() const { return state_directory + "/models.db"; }
  std::string decisions_file() const { return state_directory + "/coordinator.db"; }
};

inline constexpr const char* kDefaultConfigPath = "/etc/foreshock/coordinator.toml";

/// Errors name file, line, column and key.
Result<CoordinatorConfig> read_coordinator_config(const std::string& path);

/// Changed keys that a running coordinator cannot take over: all but the log level, policies, tag
/// rules, how often it decides and how much history it keeps.
std::vector<std::string> keys_needing_restart(const CoordinatorConfig& running,
                                              const CoordinatorConfig& next);

}  // namespace foreshock::coordinator
