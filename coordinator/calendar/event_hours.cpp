#include "coordinator/calendar/event_hours.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace foreshock::coordinator {

namespace {

constexpr auto kHour = std::chrono::nanoseconds(std::chrono::hours(1));

std::size_t hours_of(TimeSpan span) {
  return span.to <= span.from
             ? 0
             : static_cast<std::size_t>(
                   (span.to - floor_hour(span.from) + kHour - std::chrono::nanoseconds(1)) / kHour);
}

}  // namespace

WallTime floor_hour(WallTime time) {
  return WallTime(std::chrono::floor<std::chrono::hours>(time));
}

std::vector<double> cover_hours(const std::vector<CalendarEvent>& events, TimeSpan span) {
  std::vector<double> covered(hours_of(span), 0.0);
  const WallTime first = floor_hour(span.from);
  for (const CalendarEvent& event : events) {
    const WallTime begin = std::max(event.start, first);
    const WallTime end =
        std::min(event.end, first + kHour * static_cast<std::int64_t>(covered.size()));
    for (WallTime hour = floor_hour(begin); hour < end; hour += kHour) {
      const auto inside = std::min(end, hour + kHour) - std::max(begin, hour);
      covered[static_cast<std::size_t>((hour - first) / kHour)] +=
          event.weight * std::chrono::duration<double>(inside) / std::chrono::hours(1);
    }
  }
  return covered;
}

std::vector<double> count_hours(const std::vector<WallTime>& items, TimeSpan span) {
  std::vector<double> counts(hours_of(span), 0.0);
  const WallTime first = floor_hour(span.from);
  for (const WallTime item : items) {
    if (item < first || item >= span.to) continue;
    counts[static_cast<std::size_t>((item - first) / kHour)] += 1;
  }
  return counts;
}

}  // namespace foreshock::coordinator
