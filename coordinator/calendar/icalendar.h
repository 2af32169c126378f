#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/calendar/calendar_event.h"

namespace foreshock::coordinator {

/// The events of an iCalendar text (RFC 5545) that touch the span, by start. Repetitions (RRULE,
/// RDATE, EXDATE, moved instances) are followed; cancelled events are left out. Whole days and
/// times without a zone are UTC. An event without an end is an hour, a whole day where it has only
/// a date. At most 100,000 events.
/// Errors are "NAME:LINE: ...", the line as in the file.
Result<std::vector<CalendarEvent>> parse_icalendar(const std::string& text, const std::string& name,
                                                   TimeSpan span);

}  // namespace foreshock::coordinator
