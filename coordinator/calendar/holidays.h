#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "coordinator/calendar/calendar_event.h"

namespace foreshock::coordinator {

/// Countries whose nation-wide public holidays are known, as ISO 3166 codes.
std::vector<std::string_view> holiday_countries();

/// The public holidays that touch the span, by start; each is a day of UTC. `invalid_argument` for
/// a country that is not known names those that are.
/// Source of Easter: Meeus, "Astronomical Algorithms" (1991), chapter 8, after Butcher.
Result<std::vector<CalendarEvent>> find_holidays(std::string_view country, TimeSpan span);

}  // namespace foreshock::coordinator
