#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/calendar/calendar_event.h"

namespace foreshock::coordinator {

/// A CSV of campaigns: columns start,end (UTC) and, where they are there, name and weight (1).
/// The events that touch the span, by start. Errors name file, line and column.
Result<std::vector<CalendarEvent>> parse_csv_events(std::string text, const std::string& name,
                                                    TimeSpan span);

}  // namespace foreshock::coordinator
