#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// A stored value and its time.
struct SamplePoint {
  std::int64_t time_ms = 0;
  std::int64_t value = 0;
};

/// Even steps: step i covers [start + i*step, start + (i+1)*step). `step` is positive.
struct StepGrid {
  WallTime start;
  std::chrono::nanoseconds step{};
  std::size_t count = 0;
};

/// Samples further apart than this say nothing about the time between them: three times the median
/// distance of neighbours, so that jitter and a missed turn leave no hole, but at most kLongestGap.
std::chrono::milliseconds longest_gap(std::span<const SamplePoint> points);
inline constexpr std::chrono::milliseconds kLongestGap = std::chrono::minutes(3);

/// Growth per second in each step, times `scale`. Between neighbouring samples (not more than the
/// longest gap apart) a counter grows evenly; a decrease means that it began anew at zero. NaN
/// where less than half of the step is known. Points ascend strictly in time and may lie outside
/// the grid. O(points + count); pure.
std::vector<double> resample_counter(std::span<const SamplePoint> points, const StepGrid& grid,
                                     double scale);

/// Mean of the samples in each step, times `scale`. In a step without one: on the line between its
/// neighbours if they are not more than the longest gap apart, else NaN. Otherwise as above.
std::vector<double> resample_gauge(std::span<const SamplePoint> points, const StepGrid& grid,
                                   double scale);

}  // namespace foreshock::coordinator
