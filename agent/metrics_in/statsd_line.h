#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace foreshock::agent {

enum class StatsdType : std::uint8_t { counter, gauge, gauge_change, timing, set };

/// One line of StatsD, with what Datadog added to it: `name:value:value|type|@rate|#tag:value,tag`.
/// Views into the line.
struct StatsdLine {
  std::string_view name;
  StatsdType type = StatsdType::counter;
  std::vector<std::string_view> values;  ///< numbers, except of a set
  double rate = 1;                       ///< share of the events that were sent, in (0, 1]
  std::vector<std::pair<std::string_view, std::string_view>> tags;
};

/// nullopt: not a metric (Datadog's events and service checks are not either), or damaged. Types:
/// c, g, ms, h, d, s. Pure.
std::optional<StatsdLine> parse_statsd_line(std::string_view line);

/// A finite number; nothing but it.
std::optional<double> parse_metric_number(std::string_view text);

}  // namespace foreshock::agent
