#include "coordinator/coordinator_config.h"

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
  options.max_series = static_cast<std::size_t>(
      table.integer("max_series", static_cast<std::int64_t>(options.max_series), 1, 100'000));
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
  if (options.step < std::chrono::seconds(1)) table.fail("step", "must be at least 1s");
  if (options.interval < std::chrono::seconds(1)) table.fail("interval", "must be at least 1s");
  if (options.horizon < options.step) table.fail("horizon", "must be at least one step");
  if (options.history < options.step * 30) table.fail("history", "must be at least 30 steps");
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

  TomlTable decide = root.table("decide");
  config.decide_interval = decide.duration("interval", config.decide_interval);
  if (config.decide_interval < std::chrono::milliseconds(100))
    decide.fail("interval", "must be at least 100ms");
  config.dispatch.time_to_live =
      decide.duration("command_time_to_live", config.dispatch.time_to_live);
  config.dispatch.resend_after =
      decide.duration("command_resend_after", config.dispatch.resend_after);

  read_learning(root.table("learning"), config.learning);
  config.policies = read_policies(root);
  config.tag_rules = read_tag_rules(root);
  config.reflex_rules = read_reflex_rules(root);
  FS_CHECK(document.finish());
  return config;
}

}  // namespace foreshock::coordinator
