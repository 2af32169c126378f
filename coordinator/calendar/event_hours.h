#pragma once

#include <vector>

#include "coordinator/calendar/calendar_event.h"

namespace foreshock::coordinator {

/// The hour's begin.
WallTime floor_hour(WallTime time);

/// The share of each hour of the span inside events, times their weights. The first hour is the one
/// in which the span begins.
std::vector<double> cover_hours(const std::vector<CalendarEvent>& events, TimeSpan span);
/// How many of these fall into each hour of the span.
std::vector<double> count_hours(const std::vector<WallTime>& items, TimeSpan span);

}  // namespace foreshock::coordinator
