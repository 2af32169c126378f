#include "coordinator/calendar/calendar_book.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/os/file.h"
#include "coordinator/calendar/csv_events.h"
#include "coordinator/calendar/event_hours.h"
#include "coordinator/calendar/feed.h"
#include "coordinator/calendar/holidays.h"
#include "coordinator/calendar/icalendar.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostBytes = std::size_t{8} << 20;
constexpr std::size_t kMostItems = 10'000;
constexpr auto kHour = std::chrono::nanoseconds(std::chrono::hours(1));
constexpr auto kRetry = std::chrono::minutes(5);

}  // namespace

CalendarBook::CalendarBook(std::vector<CalendarSource> sources, Fetch fetch)
    : fetch_(std::move(fetch)) {
  for (auto& source : sources) entries_.push_back({std::move(source), {}, {}, {}, {}, {}});
}

std::string CalendarBook::refresh(WallTime now, TimeSpan span) {
  const auto entry = std::ranges::min_element(entries_, {}, &Entry::due);
  if (entry == entries_.end() || entry->due > now) return "";
  const std::string before = std::exchange(entry->problem, "");
  if (const auto loaded = load(*entry, span); !loaded) {
    entry->problem = loaded.error().message();
    entry->due = now + std::min<std::chrono::nanoseconds>(kRetry, entry->source.refresh);
    return before.empty() ? fmt::format("{}: {}", entry->source.name, entry->problem) : "";
  }
  entry->loaded = now;
  entry->due = now + entry->source.refresh;
  return "";
}

Result<void> CalendarBook::load(Entry& entry, TimeSpan span) {
  const CalendarSource& source = entry.source;
  if (source.kind == CalendarSource::Kind::holidays) {
    FS_TRY(entry.events, find_holidays(source.country, span));
    return {};
  }
  const bool is_file = source.url.empty();
  FS_TRY(auto text, is_file ? read_file(source.file, kMostBytes) : fetch_(source.url));
  const std::string& name = is_file ? source.file : source.url;
  if (source.kind == CalendarSource::Kind::icalendar) {
    FS_TRY(entry.events, parse_icalendar(text, name, span));
  } else if (source.kind == CalendarSource::Kind::csv) {
    FS_TRY(entry.events, parse_csv_events(std::move(text), name, span));
  } else {
    FS_TRY(const auto items, parse_feed(text, name));
    // A feed has its newest items only. What is as old as its oldest one, or older, is known.
    std::vector<WallTime> all = std::move(entry.items);
    if (!items.empty()) std::erase_if(all, [&](WallTime item) { return item >= items.front(); });
    all.insert(all.end(), items.begin(), items.end());
    if (all.size() > kMostItems) all.erase(all.begin(), all.end() - kMostItems);
    entry.items = std::move(all);
  }
  return {};
}

std::vector<Regressor> CalendarBook::regressors(TimeSpan span) const {
  std::vector<Regressor> all;
  for (const Entry& entry : entries_) {
    if (entry.loaded == WallTime()) continue;
    const bool is_feed = entry.source.kind == CalendarSource::Kind::feed;
    all.push_back(
        {.name = entry.source.name,
         .start = floor_hour(span.from),
         .step = kHour,
         .values = is_feed ? count_hours(entry.items, span) : cover_hours(entry.events, span)});
  }
  return all;
}

std::vector<CalendarState> CalendarBook::states(WallTime now) const {
  std::vector<CalendarState> all;
  for (const Entry& entry : entries_) {
    const CalendarSource& source = entry.source;
    CalendarState state;
    state.name = source.name;
    state.kind = to_string(source.kind);
    state.source = !source.file.empty()  ? source.file
                   : !source.url.empty() ? source.url
                                         : source.country;
    state.loaded = entry.loaded;
    state.problem = entry.problem;
    state.events = entry.events.size() + entry.items.size();
    const auto next = std::ranges::find_if(
        entry.events, [&](const CalendarEvent& event) { return event.start > now; });
    if (next != entry.events.end()) state.next_event = next->start;
    all.push_back(std::move(state));
  }
  return all;
}

}  // namespace foreshock::coordinator
