#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// A history as the members see it: from its first known value on, gaps bridged by straight lines
/// and marked.
struct Window {
  std::vector<double> values;
  std::vector<char> known;  ///< 0 where `values` is a bridge
  std::size_t day = 0;      ///< steps a day; 0: no whole number, or less than 2.5 days of history
  std::size_t week = 0;     ///< steps a week; 0: no day, or less than two weeks of history
  std::size_t monday = 0;   ///< steps from the last Monday 00:00 UTC to values[0]; 0 without a day
  std::size_t unit = 0;     ///< the day, or the stretch that stands for it where there is none
  double noise = 0;         ///< mean absolute change over a day (over a step without one), > 0
  bool never_negative = false;

  std::size_t size() const { return values.size(); }
  /// Whether step t, which may lie ahead, is on a Saturday or Sunday (UTC).
  bool is_weekend(std::size_t t) const { return (monday + t) / day % 7 >= 5; }
};

/// At least one value is known.
Window make_window(const Series& history);

}  // namespace foreshock::coordinator
