#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/actuate/guardrails.h"
#include "agent/budget/self_watch.h"
#include "agent/capture/open_event_source.h"
#include "agent/lifetime/storm_guard.h"
#include "agent/metrics_in/scrape_targets.h"
#include "agent/reflex/reflex_firer.h"
#include "common/base/bytes.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// What agent.toml says, checked; every default is here.
struct AgentConfig {
  std::string path;                           ///< where it was read from
  std::map<std::string, std::string> values;  ///< what it says, by dotted key, as written

  std::string state_directory = "/var/lib/foreshock-agent";
  std::string status_socket = "/run/foreshock-agent/agent.sock";
  std::string socket_group = "foreshock";
  std::string host_name;  ///< empty: what the kernel says
  std::string log_level = "info";

  std::string coordinator_endpoint;    ///< "tcp://coordinator:7420"
  std::string coordinator_public_key;  ///< Z85

  EventSourceKind event_source = EventSourceKind::automatic;
  std::string audit_log = "/var/log/audit/audit.log";
  std::chrono::nanoseconds drain_interval = std::chrono::milliseconds(100);
  Bytes ring{8u << 20};
  std::string pin_directory = "/sys/fs/bpf/foreshock-agent";  ///< empty: not pinned

  StormGuard::Options storm;
  SelfWatch::Options budget;

  std::vector<std::string> redact_patterns;

  std::string statsd_udp;     ///< "127.0.0.1:8125"; empty: not listening
  std::string statsd_socket;  ///< path; empty: not listening
  std::vector<ScrapeTarget> scrape_targets;
  std::size_t max_app_metrics = 2000;
  std::chrono::nanoseconds metrics_interval = std::chrono::seconds(10);
  std::chrono::nanoseconds schedule_interval = std::chrono::minutes(1);

  std::chrono::nanoseconds report_interval = std::chrono::seconds(1);
  std::size_t top_processes = 20;
  std::size_t max_cgroups = 2048;
  std::size_t max_command_sums = 256;
  std::size_t max_live_processes = 65536;
  bool describe_binaries = true;

  Bytes spool_max{std::uint64_t{1} << 30};
  std::chrono::nanoseconds spool_max_age = std::chrono::hours(24 * 7);

  GuardrailConfig guardrails;
  std::size_t max_reflexes = 64;
  ReflexFirer::Options reflex_firing;

  std::string key_file() const { return state_directory + "/agent.key"; }
  std::string spool_directory() const { return state_directory + "/spool"; }
  std::string journal_file() const { return state_directory + "/undo.journal"; }
  std::string reflexes_file() const { return state_directory + "/reflexes"; }
};

inline constexpr const char* kDefaultConfigPath = "/etc/foreshock/agent.toml";

/// Errors name file, line, column and key.
Result<AgentConfig> read_agent_config(const std::string& path);

/// Changed keys that a running agent cannot take over: all but the log level, the owner's bounds
/// and protected cgroups, and the redaction patterns.
std::vector<std::string> keys_needing_restart(const AgentConfig& running, const AgentConfig& next);

}  // namespace foreshock::agent
