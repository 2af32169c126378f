#include "agent/agent_config.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "common/config/toml_document.h"
#include "common/wire/curve_keys.h"

namespace foreshock::agent {

namespace {

std::optional<std::uint64_t> read_cores(TomlTable& table, const std::string& key) {
  if (!table.has(key)) return std::nullopt;
  const auto parsed = parse_millicores(table.text(key, ""));
  if (!parsed) table.fail(key, parsed.error().message());
  return parsed ? std::optional(*parsed) : std::nullopt;
}

AdjustmentBounds read_bounds(TomlTable& table) {
  AdjustmentBounds bounds;
  bounds.pattern = table.required_text("cgroup");
  if (!bounds.pattern.empty() && !bounds.pattern.starts_with('/'))
    table.fail("cgroup", "must start with \"/\"");
  for (const auto& name :
       table.texts("knobs", {"cpu_max", "cpu_weight", "memory_high", "memory_max"})) {
    if (const auto knob = parse_knob(name)) {
      bounds.knobs.push_back(*knob);
    } else {
      table.fail("knobs",
                 "unknown knob \"" + name + "\": cpu_max, cpu_weight, memory_high or memory_max");
    }
  }
  bounds.min_cpu_millicores = read_cores(table, "min_cpu").value_or(bounds.min_cpu_millicores);
  bounds.max_cpu_millicores = read_cores(table, "max_cpu");
  bounds.min_memory = table.bytes("min_memory", bounds.min_memory);
  if (table.has("max_memory")) bounds.max_memory = table.bytes("max_memory", Bytes{});
  if (bounds.max_cpu_millicores && *bounds.max_cpu_millicores < bounds.min_cpu_millicores) {
    table.fail("max_cpu", "is less than min_cpu");
  }
  if (bounds.max_memory && *bounds.max_memory < bounds.min_memory)
    table.fail("max_memory", "is less than min_memory");
  return bounds;
}

void read_metrics(TomlTable table, AgentConfig& config) {
  config.statsd_udp = table.text("statsd_udp", config.statsd_udp);
  config.statsd_socket = table.text("statsd_socket", config.statsd_socket);
  config.metrics_interval = table.duration("interval", config.metrics_interval);
  if (config.metrics_interval < std::chrono::seconds(1))
    table.fail("interval", "must be at least 1s");
  config.max_app_metrics = static_cast<std::size_t>(table.integer("max_metrics", 2000, 1, 100'000));
  for (auto& target : table.tables("scrape")) {
    ScrapeTarget scrape;
    scrape.name = target.required_text("name");
    scrape.url = target.required_text("url");
    if (!scrape.url.empty() && !scrape.url.starts_with("http://"))
      target.fail("url", "expected http://HOST[:PORT]/PATH");
    scrape.interval = target.duration("interval", scrape.interval);
    if (scrape.interval < std::chrono::seconds(1)) target.fail("interval", "must be at least 1s");
    config.scrape_targets.push_back(std::move(scrape));
  }
}

}  // namespace

Result<AgentConfig> read_agent_config(const std::string& path) {
  FS_TRY(auto document, TomlDocument::read(path));
  AgentConfig config;
  TomlTable root = document.root();

  TomlTable own = root.table("agent");
  config.state_directory = own.text("state_directory", config.state_directory);
  config.status_socket = own.text("status_socket", config.status_socket);
  config.socket_group = own.text("socket_group", config.socket_group);
  config.host_name = own.text("host_name", config.host_name);
  config.log_level =
      own.choice("log_level", config.log_level, {"debug", "info", "warning", "error"});

  TomlTable coordinator = root.table("coordinator");
  config.coordinator_endpoint = coordinator.required_text("endpoint");
  config.coordinator_public_key = coordinator.required_text("public_key");
  if (!config.coordinator_public_key.empty() && !is_curve_key(config.coordinator_public_key)) {
    coordinator.fail(
        "public_key",
        "is not a CURVE key: 40 characters, as `foreshock-coordinator status` shows it");
  }

  TomlTable capture = root.table("capture");
  config.event_source =
      parse_event_source_kind(
          capture.choice("source", "auto", {"auto", "bpf", "proc_connector", "audit_log"}))
          .value_or(EventSourceKind::automatic);
  config.audit_log = capture.text("audit_log", config.audit_log);
  config.drain_interval = capture.duration("drain_interval", config.drain_interval);
  if (config.drain_interval < std::chrono::milliseconds(1) ||
      config.drain_interval > std::chrono::seconds(1)) {
    capture.fail("drain_interval", "must be between 1ms and 1s");
  }
  config.ring = capture.bytes("ring", config.ring);
  if (!std::has_single_bit(config.ring.count) || config.ring.count < (64u << 10) ||
      config.ring.count > (1u << 30)) {
    capture.fail("ring", "must be a power of two between 64KiB and 1GiB");
  }
  config.pin_directory = capture.text("pin_directory", config.pin_directory);
  config.max_live_processes = static_cast<std::size_t>(capture.integer(
      "max_live_processes", static_cast<std::int64_t>(config.max_live_processes), 1024, 1 << 22));
  config.describe_binaries = capture.boolean("describe_binaries", config.describe_binaries);

  config.storm.per_second = static_cast<double>(capture.integer("storm_rate", 5000, 1, 10'000'000));
  config.storm.burst = static_cast<double>(capture.integer("storm_burst", 50'000, 1, 100'000'000));

  TomlTable budget = root.table("budget");
  config.budget.max_millicores = read_cores(budget, "cpu").value_or(config.budget.max_millicores);
  if (config.budget.max_millicores == 0) budget.fail("cpu", "must be more than 0");
  config.budget.max_memory = budget.bytes("memory", config.budget.max_memory);
  if (config.budget.max_memory.count < (16u << 20)) budget.fail("memory", "must be at least 16MiB");

  config.redact_patterns = root.table("redact").texts("patterns", {});

  read_metrics(root.table("metrics"), config);
  config.schedule_interval = root.table("schedule").duration("interval", config.schedule_interval);

  TomlTable sample = root.table("sample");
  config.report_interval = sample.duration("interval", config.report_interval);
  if (config.report_interval < std::chrono::milliseconds(100) ||
      config.report_interval > std::chrono::minutes(1)) {
    sample.fail("interval", "must be between 100ms and 1min");
  }
  config.top_processes = static_cast<std::size_t>(sample.integer("top_processes", 20, 0, 1000));
  config.max_cgroups = static_cast<std::size_t>(sample.integer("max_cgroups", 2048, 1, 100'000));
  config.max_command_sums =
      static_cast<std::size_t>(sample.integer("max_command_sums", 256, 1, 10'000));

  TomlTable spool = root.table("spool");
  config.spool_max = spool.bytes("max_bytes", config.spool_max);
  config.spool_max_age = spool.duration("max_age", config.spool_max_age);

  for (auto& table : root.tables("adjust")) config.guardrails.allowed.push_back(read_bounds(table));
  TomlTable reflex = root.table("reflex");
  config.max_reflexes = static_cast<std::size_t>(
      reflex.integer("max_armed", static_cast<std::int64_t>(config.max_reflexes), 0, 1000));
  config.reflex_firing.firings_per_minute = static_cast<std::uint32_t>(
      reflex.integer("firings_per_minute", config.reflex_firing.firings_per_minute, 0, 100'000));
  config.guardrails.protected_patterns = root.table("protect").texts("cgroups", {});
  FS_CHECK(document.finish());
  config.path = path;
  config.values = document.values();
  return config;
}

std::vector<std::string> keys_needing_restart(const AgentConfig& running, const AgentConfig& next) {
  constexpr std::array<std::string_view, 4> kTakenOver = {"agent.log_level", "adjust", "protect.",
                                                          "redact."};
  std::vector<std::string> keys = changed_keys(running.values, next.values);
  std::erase_if(keys, [&](const std::string& key) {
    return std::ranges::any_of(kTakenOver, [&](auto prefix) { return key.starts_with(prefix); });
  });
  return keys;
}

}  // namespace foreshock::agent
