#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/calendar/calendar_event.h"
#include "coordinator/calendar/calendar_source.h"
#include "coordinator/model/regressor.h"

namespace foreshock::coordinator {

/// What all sources say, kept fresh. A source that cannot be read keeps what it said last, and says
/// why. Items that a feed has dropped are remembered (10,000 of them). One thread.
class CalendarBook {
 public:
  using Fetch = std::function<Result<std::string>(const std::string& url)>;

  CalendarBook(std::vector<CalendarSource> sources, Fetch fetch);

  /// Reads one source that is due, if there is one: reading may block for as long as `fetch` does.
  /// @return its name and problem where it could not be read and could before.
  std::string refresh(WallTime now, TimeSpan span);

  /// One a source that was read, hourly over the span.
  std::vector<Regressor> regressors(TimeSpan span) const;
  /// By source, without what forecasts make of it.
  std::vector<CalendarState> states(WallTime now) const;

 private:
  struct Entry {
    CalendarSource source;
    std::vector<CalendarEvent> events;
    std::vector<WallTime> items;  ///< of a feed, ascending
    WallTime due;
    WallTime loaded;
    std::string problem;
  };

  Result<void> load(Entry& entry, TimeSpan span);

  std::vector<Entry> entries_;
  Fetch fetch_;
};

}  // namespace foreshock::coordinator
