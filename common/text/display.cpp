#include "common/text/display.h"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace foreshock {

namespace {

/// One character of UTF-8 at the front of a text; `bytes` is 0 when there is none that is sound.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;
};

CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 && lead < 0xf5   ? 4
                            : lead >= 0xe0 && lead < 0xf0 ? 3
                            : lead >= 0xc2 && lead < 0xe0 ? 2
                                                          : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    value = value << 6 | (next & 0x3f);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, bytes};
}

/// C0, DEL, C1, and the marks that turn the direction of text around.
bool steers_terminal(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || (value >= 0x200b && value <= 0x200f) ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069) ||
         value == 0xfeff;
}

std::string spell(std::uint32_t value) {
  switch (value) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return value < 0x100 ? fmt::format("\\x{:02x}", value) : fmt::format("\\u{:04x}", value);
  }
}

/// The usual ranges; good enough to keep columns straight.
std::size_t width_of(std::uint32_t value) {
  if (value >= 0x300 && value < 0x370) return 0;
  const bool wide = (value >= 0x1100 && value < 0x1160) || (value >= 0x2e80 && value < 0xa4d0) ||
                    (value >= 0xac00 && value < 0xd7a4) || (value >= 0xf900 && value < 0xfb00) ||
                    (value >= 0xff00 && value < 0xff61) || (value >= 0x1f300 && value < 0x1fb00);
  return wide ? 2 : 1;
}

std::string format_short(double amount, std::string_view unit) {
  return fmt::format("{:.{}f} {}", amount, amount < 10 ? 1 : 0, unit);
}

bool parse_fixed(std::string_view text, int& into) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), into);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() && into >= 0;
}

/// ".123" or nothing, as nanoseconds.
std::optional<std::chrono::nanoseconds> parse_fraction(std::string_view text) {
  if (text.empty()) return std::chrono::nanoseconds(0);
  int digits = 0;
  if (text.front() != '.' || text.size() > 10 || !parse_fixed(text.substr(1), digits))
    return std::nullopt;
  std::int64_t ns = digits;
  for (std::size_t i = text.size() - 1; i < 9; ++i) ns *= 10;
  return std::chrono::nanoseconds(ns);
}

}  // namespace

std::string format_duration(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  if (seconds < 0) return "-" + format_duration(-duration);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 120) return format_short(seconds, "s");
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172800) return format_short(seconds / 3600, "h");
  return format_short(seconds / 86400, "d");
}

std::string format_ago(WallTime time, WallTime now) {
  if (time == WallTime()) return "never";
  if (time > now) return "in " + format_duration(time - now);
  return format_duration(now - time) + " ago";
}

std::optional<WallTime> parse_utc(std::string_view text) {
  // 2026-11-21T23:31:03.123Z
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!parse_fixed(text.substr(0, 4), year) || !parse_fixed(text.substr(5, 2), month) ||
      !parse_fixed(text.substr(8, 2), day) || !parse_fixed(text.substr(11, 2), hour) ||
      !parse_fixed(text.substr(14, 2), minute) || !parse_fixed(text.substr(17, 2), second)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  const auto fraction = parse_fraction(text.substr(19));
  // Nanoseconds in 64 bits end in the year 2262.
  if (!date.ok() || year > 2261 || year < 1678 || hour > 23 || minute > 59 || second > 60 ||
      !fraction)
    return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + *fraction;
}

std::string make_printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::size_t bytes = point.bytes == 0 ? 1 : point.bytes;
    if (point.bytes == 0) {
      printable += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (steers_terminal(point.value)) {
      printable += spell(point.value);
    } else {
      printable += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return printable;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += point.bytes == 0 ? 1 : width_of(point.value);
    text.remove_prefix(point.bytes == 0 ? 1 : point.bytes);
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t kept = 0;
  std::size_t used = 0;
  while (kept < text.size()) {
    const CodePoint point = first_code_point(text.substr(kept));
    const std::size_t columns = point.bytes == 0 ? 1 : width_of(point.value);
    if (used + columns > width - 1) break;
    used += columns;
    kept += point.bytes == 0 ? 1 : point.bytes;
  }
  return std::string(text.substr(0, kept)) + "…";
}

}  // namespace foreshock
