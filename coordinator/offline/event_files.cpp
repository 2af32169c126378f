#include "coordinator/offline/event_files.h"

#include <algorithm>
#include <utility>

#include "common/os/file.h"
#include "coordinator/calendar/csv_events.h"
#include "coordinator/calendar/event_hours.h"
#include "coordinator/calendar/holidays.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

Regressor make_regressor(std::string name, const std::vector<CalendarEvent>& events,
                         TimeSpan span) {
  return {.name = std::move(name),
          .start = floor_hour(span.from),
          .step = std::chrono::hours(1),
          .values = cover_hours(events, span)};
}

}  // namespace

Result<std::vector<Regressor>> read_event_sources(const EventSources& sources, TimeSpan span) {
  std::vector<Regressor> regressors;
  for (const std::string& file : sources.files) {
    if (file.ends_with(".ics"))
      return Error(ErrorCode::invalid_argument,
                   file +
                       ": iCalendar files are for the service ([[calendar]] in coordinator.toml); "
                       "here a CSV is expected, with columns start,end and, if wanted, "
                       "name,weight");
    FS_TRY(auto text, read_file(file, kMostBytes));
    FS_TRY(const auto events, parse_csv_events(std::move(text), file, span));
    regressors.push_back(make_regressor(file, events, span));
  }
  for (const std::string& country : sources.countries) {
    FS_TRY(const auto events, find_holidays(country, span));
    regressors.push_back(make_regressor("holidays " + country, events, span));
  }
  for (auto one = regressors.begin(); one != regressors.end(); ++one) {
    if (std::ranges::find(regressors.begin(), one, one->name, &Regressor::name) != one)
      return Error(ErrorCode::invalid_argument, one->name + ": is named twice");
  }
  return regressors;
}

}  // namespace foreshock::coordinator
