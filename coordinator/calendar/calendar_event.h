#pragma once

#include <string>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// A stretch of time that something outside gives a name to.
struct CalendarEvent {
  WallTime start;
  WallTime end;  ///< after start
  std::string name;
  double weight = 1;
};

/// What of the past and future is of interest.
struct TimeSpan {
  WallTime from;
  WallTime to;
};

}  // namespace foreshock::coordinator
