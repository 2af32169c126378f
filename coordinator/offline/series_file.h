#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/series.h"

// Inside coordinator/offline only: series as they are in CSV files.
namespace foreshock::coordinator {

struct TimedValue {
  WallTime time;
  double value = 0;
};

/// Times ascend; where two are equal the later row counts.
using FileSeries = std::vector<TimedValue>;

/// Reads a history: columns `timestamp_utc` (or `timestamp`) and `value`, and `series_id` where the
/// file holds several, in any order of series; without that column the one series is named "".
/// An empty value is a gap. Errors name file and line.
Result<std::map<std::string, FileSeries>> read_series_file(const std::string& path);

/// The commonest distance of times. At least two values.
std::chrono::nanoseconds usual_step(const FileSeries& series);

/// The values up to `origin` on a grid of `step` that ends there; a time between two places counts
/// for the nearer one; what is missing is NaN. Empty where nothing is known up to `origin`. Only
/// the latest of very long histories.
Series make_series(const FileSeries& values, WallTime origin, std::chrono::nanoseconds step);

/// The value at that time, NaN where there is none.
double value_at(const FileSeries& series, WallTime time);

}  // namespace foreshock::coordinator
