#include "coordinator/calendar/calendar_source.h"

#include <algorithm>

#include "coordinator/calendar/holidays.h"

namespace foreshock::coordinator {

namespace {

CalendarSource read_source(TomlTable& table) {
  CalendarSource source;
  source.name = table.required_text("name");
  const auto kind = table.choice("kind", "icalendar", {"icalendar", "csv", "holidays", "feed"});
  source.kind = kind == "csv"        ? CalendarSource::Kind::csv
                : kind == "holidays" ? CalendarSource::Kind::holidays
                : kind == "feed"     ? CalendarSource::Kind::feed
                                     : CalendarSource::Kind::icalendar;
  source.file = table.text("file", "");
  source.url = table.text("url", "");
  source.country = table.text("country", "");
  source.refresh = table.duration("refresh", source.refresh);
  if (source.refresh < std::chrono::minutes(1)) table.fail("refresh", "must be at least 1min");
  if (source.kind == CalendarSource::Kind::holidays) {
    const auto known = find_holidays(source.country, {});
    if (!known) table.fail("country", known.error().message());
    if (!source.file.empty() || !source.url.empty())
      table.fail("kind", "holidays take a country, no file and no url");
  } else {
    if (!source.country.empty()) table.fail("country", "is for kind \"holidays\"");
    if (source.file.empty() == source.url.empty()) table.fail("name", "needs a file or a url");
  }
  if (!source.url.empty() && !source.url.starts_with("https://") &&
      !source.url.starts_with("http://"))
    table.fail("url", "must begin with https:// or http://");
  return source;
}

}  // namespace

std::string_view to_string(CalendarSource::Kind kind) {
  switch (kind) {
    case CalendarSource::Kind::icalendar:
      return "icalendar";
    case CalendarSource::Kind::csv:
      return "csv";
    case CalendarSource::Kind::holidays:
      return "holidays";
    case CalendarSource::Kind::feed:
      return "feed";
  }
  return "";
}

std::vector<CalendarSource> read_calendar_sources(TomlTable& root) {
  std::vector<CalendarSource> sources;
  for (auto& table : root.tables("calendar")) {
    sources.push_back(read_source(table));
    const auto same = [&](const CalendarSource& one) { return one.name == sources.back().name; };
    if (std::ranges::count_if(sources, same) > 1) table.fail("name", "is there twice");
  }
  return sources;
}

}  // namespace foreshock::coordinator
