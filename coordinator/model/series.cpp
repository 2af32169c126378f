#include "coordinator/model/series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

struct QuantityFacts {
  Quantity quantity;
  std::string_view name;
  std::string_view unit;
  bool counter;
};

constexpr std::array kQuantities = {
    QuantityFacts{Quantity::cpu_usage, "cpu_usage", "cores", true},
    QuantityFacts{Quantity::cpu_throttled, "cpu_throttled", "cores", true},
    QuantityFacts{Quantity::memory_used, "memory_used", "bytes", false},
    QuantityFacts{Quantity::memory_current, "memory_current", "bytes", false},
    QuantityFacts{Quantity::process_count, "process_count", "processes", false},
    QuantityFacts{Quantity::cpu_pressure, "cpu_pressure", "share", true},
    QuantityFacts{Quantity::memory_pressure, "memory_pressure", "share", true},
    QuantityFacts{Quantity::oom_kills, "oom_kills", "1/s", true},
    QuantityFacts{Quantity::load1, "load1", "processes", false},
    QuantityFacts{Quantity::disk_read, "disk_read", "bytes/s", true},
    QuantityFacts{Quantity::disk_written, "disk_written", "bytes/s", true},
    QuantityFacts{Quantity::disk_busy, "disk_busy", "disks", true},
    QuantityFacts{Quantity::network_received, "network_received", "bytes/s", true},
    QuantityFacts{Quantity::network_sent, "network_sent", "bytes/s", true},
    QuantityFacts{Quantity::connections_accepted, "connections_accepted", "1/s", true},
    QuantityFacts{Quantity::connections_opened, "connections_opened", "1/s", true},
    QuantityFacts{Quantity::service_time_p95, "service_time_p95", "s", false},
};

const QuantityFacts* facts_of(Quantity quantity) {
  for (const auto& facts : kQuantities) {
    if (facts.quantity == quantity) return &facts;
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(Quantity quantity) {
  const auto* facts = facts_of(quantity);
  return facts ? facts->name : "unknown";
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  for (const auto& facts : kQuantities) {
    if (facts.name == text) return facts.quantity;
  }
  return std::nullopt;
}

bool is_counter(Quantity quantity) {
  const auto* facts = facts_of(quantity);
  return facts && facts->counter;
}

std::string_view unit_of(Quantity quantity) {
  const auto* facts = facts_of(quantity);
  return facts ? facts->unit : "";
}

double last_known(const Series& series) {
  const auto found = std::find_if(series.values.rbegin(), series.values.rend(),
                                  [](double value) { return !std::isnan(value); });
  return found == series.values.rend() ? std::numeric_limits<double>::quiet_NaN() : *found;
}

std::string to_string(const SeriesKey& key) {
  return fmt::format("{}:{}:{}", key.workload.host, key.workload.cgroup, to_string(key.quantity));
}

}  // namespace foreshock::coordinator
