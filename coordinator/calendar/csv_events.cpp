#include "coordinator/calendar/csv_events.h"

#include <algorithm>
#include <utility>

#include "common/text/csv.h"

namespace foreshock::coordinator {

Result<std::vector<CalendarEvent>> parse_csv_events(std::string text, const std::string& name,
                                                    TimeSpan span) {
  FS_TRY(auto csv, CsvReader::from_text(std::move(text), name));
  FS_TRY(const std::size_t start, csv.column("start"));
  FS_TRY(const std::size_t end, csv.column("end"));
  const auto label = csv.find_column("name");
  const auto weight = csv.find_column("weight");
  std::vector<CalendarEvent> events;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    CalendarEvent event;
    FS_TRY(event.start, csv.time(start));
    FS_TRY(event.end, csv.time(end));
    if (event.end <= event.start) return csv.error(end, "a time after start");
    if (label) event.name = std::string(csv.text(*label));
    if (weight && !csv.text(*weight).empty()) {
      FS_TRY(event.weight, csv.number(*weight));
    }
    if (event.end > span.from && event.start < span.to) events.push_back(std::move(event));
  }
  std::ranges::stable_sort(events, {}, &CalendarEvent::start);
  return events;
}

}  // namespace foreshock::coordinator
