#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/toml_document.h"

namespace foreshock::coordinator {

/// Where outside knowledge comes from, as configured.
struct CalendarSource {
  enum class Kind { icalendar, csv, holidays, feed };

  std::string name;
  Kind kind = Kind::icalendar;
  std::string file;     ///< one of the three
  std::string url;      ///< http or https
  std::string country;  ///< of holidays
  std::chrono::nanoseconds refresh = std::chrono::hours(1);
};
std::string_view to_string(CalendarSource::Kind kind);

/// Reads the [[calendar]] tables of a configuration; failures are recorded in the document with
/// line and column.
std::vector<CalendarSource> read_calendar_sources(TomlTable& root);

}  // namespace foreshock::coordinator
