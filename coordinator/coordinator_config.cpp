#include "coordinator/coordinator_config.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/config/toml_document.h"
#include "coordinator/policy/policy_parser.h"
#include "coordinator/policy/reflex_rule_parser.h"

namespace foreshock::coordinator {

namespace {

void read_learning(TomlTable table, Learning::Options& options) {
  options.interval = table.duration("interval", options.interval);
  options.step = table.duration("step", options.step);
  options.history = table.duration("history", options.history);
  options.horizon = table.duration("horizon", options.horizon);
  options.retrain_interval = table.duration("retrain_interval", options.retrain_interval);
  options.max_series = static_cast<std::size_t>(
      table.integer("max_series", static_cast<std::int64_t>(options.max_series), 1, 100'000));
  options.max_online_series = static_cast<std::size_t>(table.integer(
      "max_online_series", static_cast<std::int64_t>(options.max_online_series), 0, 100'000));
  auto& leads = options.leads;
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time);
  };
  leads.max_lag = seconds(table.duration("max_lag", leads.max_lag));
  leads.min_lag = seconds(table.duration("min_lag", leads.min_lag));
  leads.min_support = static_cast<std::size_t>(
      table.integer("min_support", static_cast<std::int64_t>(leads.min_support), 3, 10'000));
  leads.min_precision = table.number("min_precision", leads.min_precision, 0, 1);
  leads.false_discovery_rate =
      table.number("false_discovery_rate", leads.false_discovery_rate, 0.0001, 0.5);
  options.long_history = table.duration("long_history", options.long_history);
  options.long_interval = table.duration("long_interval", options.long_interval);
  auto& long_leads = options.long_leads;
  long_leads.max_lag_s =
      std::chrono::duration<double>(
          table.duration("long_max_lag",
                         std::chrono::seconds(static_cast<std::int64_t>(long_leads.max_lag_s))))
          .count();
  if (long_leads.max_lag_s < long_leads.min_lag_s)
    table.fail("long_max_lag", "must be at least 1min");
  if (options.long_interval < options.interval)
    table.fail("long_interval", "must be at least the interval");
  if (options.step < std::chrono::seconds(1)) table.fail("step", "must be at least 1s");
  if (options.interval < std::chrono::seconds(1)) table.fail("interval", "must be at least 1s");
  if (options.retrain_interval < std::chrono::minutes(5))
    table.fail("retrain_interval", "must be at least 5min");
  if (options.horizon < options.step) table.fail("horizon", "must be at least one step");
  if (options.history < options.step * 30) table.fail("history", "must be at least 30 steps");
}

void read_anomalies(TomlTable table, AnomalyOptions& options) {
  options.step = table.duration("step", options.step);
  options.look_back = table.duration("look_back", options.look_back);
  options.max_age = table.duration("max_age", options.max_age);
  if (options.step < std::chrono::seconds(1)) table.fail("step", "must be at least 1s");
  if (options.look_back < options.step) table.fail("look_back", "must be at least one step");
}

}  // namespace

Result<CoordinatorConfig> read_coordinator_config(const std::string& path) {
  FS_TRY(auto document, TomlDocument::read(path));
  CoordinatorConfig config;
  TomlTable root = document.root();

  TomlTable own = root.table("coordinator");
  config.state_directory = own.text("state_directory", config.state_directory);
  config.listen = own.text("listen", config.listen);
  config.admin_socket = own.text("admin_socket", config.admin_socket);
  config.socket_group = own.text("socket_group", config.socket_group);
  config.log_level =
      own.choice("log_level", config.log_level, {"debug", "info", "warning", "error"});

  TomlTable history = root.table("history");
  config.history_max_age = history.duration("max_age", config.history_max_age);
  config.history_max_bytes = history.bytes("max_bytes", config.history_max_bytes);
  config.history_min_free = history.bytes("min_free", config.history_min_free);

  TomlTable decide = root.table("decide");
  config.decide_interval = decide.duration("interval", config.decide_interval);
  if (config.decide_interval < std::chrono::milliseconds(100))
    decide.fail("interval", "must be at least 100ms");
  config.dispatch.time_to_live =
      decide.duration("command_time_to_live", config.dispatch.time_to_live);
  config.dispatch.resend_after =
      decide.duration("command_resend_after", config.dispatch.resend_after);

  read_learning(root.table("learning"), config.learning);
  read_anomalies(root.table("anomalies"), config.learning.anomalies);
  config.learning.calendars = read_calendar_sources(root);
  config.policies = read_policies(root);
  config.tag_rules = read_tag_rules(root);
  config.signature_rules = read_signature_rules(root);
  config.reflex_rules = read_reflex_rules(root);
  FS_CHECK(document.finish());
  config.path = path;
  config.values = document.values();
  return config;
}

std::vector<std::string> keys_needing_restart(const CoordinatorConfig& running,
                                              const CoordinatorConfig& next) {
  constexpr std::array<std::string_view, 6> kTakenOver = {
      "coordinator.log_level", "history.", "decide.interval", "policy[", "tag_rule[", "signature["};
  std::vector<std::string> keys = changed_keys(running.values, next.values);
  std::erase_if(keys, [&](const std::string& key) {
    return std::ranges::any_of(kTakenOver, [&](auto prefix) { return key.starts_with(prefix); });
  });
  return keys;
}

}  // namespace foreshock::coordinator
