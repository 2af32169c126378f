#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace foreshock {

/// "850 ms", "12 s", "5 min", "3.2 h", "4.0 d": for people.
std::string format_duration(std::chrono::nanoseconds duration);
/// "12 s ago"; "in 12 s" for what is to come; "never" for the epoch.
std::string format_ago(WallTime time, WallTime now);
/// "2026-11-21T23:31:03.123Z" and what others write for it: without a fraction, with a space for
/// the T, without the Z.
std::optional<WallTime> parse_utc(std::string_view text);

/// The text with everything that could steer a terminal made visible: control characters as "\n" or
/// "\x1b", broken UTF-8 as "\xff". For what others wrote, such as command lines.
std::string make_printable(std::string_view text);
/// Columns that printable UTF-8 takes on a terminal.
std::size_t display_width(std::string_view text);
/// At most `width` columns, the last one "…" when something was cut.
std::string cut_to_width(std::string_view text, std::size_t width);

}  // namespace foreshock
