#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace foreshock {

/// What an application's metric is; the enumerator is the word in SQL and JSON too.
enum class AppMetricKind : std::uint8_t {
  unknown = 0,
  counter = 1,       ///< `value` only grows (from zero again when its program restarts)
  gauge = 2,         ///< `value` as it was last
  distribution = 3,  ///< of latencies and their like: quantiles of what came since the last time
  set = 4,           ///< `value`: how many different ones came since the last time
};
std::string_view to_string(AppMetricKind kind);
std::optional<AppMetricKind> parse_app_metric_kind(std::string_view word);

/// What came since the sample before. Units are the application's own.
struct Distribution {
  std::uint64_t count = 0;
  double sum = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
  bool operator==(const Distribution&) const = default;
};

/// One look at one metric that an application told about itself.
struct AppMetric {
  std::string name;
  std::string labels;  ///< "method=GET,status=200", sorted by name; empty: none
  AppMetricKind kind = AppMetricKind::unknown;
  BootTime time;
  double value = 0;  ///< of a distribution its mean
  std::optional<Distribution> distribution;
  bool operator==(const AppMetric&) const = default;
};

}  // namespace foreshock
