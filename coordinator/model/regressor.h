#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// What is known from outside about past and future, and load may follow: what a calendar, a list
/// of campaigns, holidays or a feed say. values[i] covers [start + i*step, start + (i+1)*step):
/// the share of that time inside events, or a count. Outside of it: zero.
struct Regressor {
  std::string name;
  WallTime start;
  std::chrono::nanoseconds step = std::chrono::hours(1);
  std::vector<double> values;

  double at(WallTime time) const {
    if (time < start) return 0;
    const auto index = static_cast<std::size_t>((time - start) / step);
    return index < values.size() ? values[index] : 0;
  }
};

/// A source of outside knowledge, how it is, and whether it helps.
struct CalendarState {
  std::string name;
  std::string kind;     ///< icalendar, csv, holidays, feed
  std::string source;   ///< file, URL or country
  WallTime loaded;      ///< the epoch: never yet
  std::string problem;  ///< why the last try failed; what was loaded before stays
  std::size_t events = 0;
  WallTime next_event;     ///< the epoch: none ahead
  std::size_t series = 0;  ///< that it was tried on
  std::size_t helped = 0;  ///< whose forecasts it moves
  double usefulness = 0;   ///< best share of the error in its hours that it takes away
};

}  // namespace foreshock::coordinator
