#include "agent/schedule/cron_schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace foreshock::agent {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Time = TimeZone::Seconds;

constexpr auto kHorizon = days(8 * 366);
/// No zone moves its clocks by more than a day.
constexpr auto kLongestShift = hours(25);

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int least;
  int most;
  std::span<const std::string_view> words;  ///< of the values from `least` on
};
constexpr std::array kFields = {
    Field{"minute", 0, 59, {}},
    Field{"hour", 0, 23, {}},
    Field{"day of month", 1, 31, {}},
    Field{"month", 1, 12, kMonths},
    Field{"day of week", 0, 7, kWeekdays},
};

struct Nickname {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array kNicknames = {
    Nickname{"@yearly", "0 0 1 1 *"},  Nickname{"@annually", "0 0 1 1 *"},
    Nickname{"@monthly", "0 0 1 * *"}, Nickname{"@weekly", "0 0 * * 0"},
    Nickname{"@daily", "0 0 * * *"},   Nickname{"@midnight", "0 0 * * *"},
    Nickname{"@hourly", "0 * * * *"},
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return parts;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> parse_value(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.words.size(); ++i) {
    if (std::ranges::equal(text, field.words[i], {}, to_lower))
      return field.least + static_cast<int>(i);
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || value < field.least || value > field.most) return std::nullopt;
  return value;
}

/// "*", "5", "1-9", each with "/step"; "5/10" is "5-most/10".
template <std::size_t N>
bool add_range(const Field& field, std::string_view text, std::bitset<N>& into) {
  int step = 1;
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (error != std::errc() || end != digits.data() + digits.size() || step < 1 || step > 1000)
      return false;
    text = text.substr(0, slash);
  }
  int first = field.least;
  int last = field.most;
  if (text != "*") {
    const auto dash = text.find('-');
    const auto begin = parse_value(field, text.substr(0, dash));
    if (!begin) return false;
    first = *begin;
    if (dash != std::string_view::npos) {
      const auto end = parse_value(field, text.substr(dash + 1));
      if (!end) return false;
      last = *end;
      // fri-sun: Sunday is 7 as well.
      if (last < first && field.most == 7 && last == 0) last = 7;
      if (last < first) return false;
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  for (int value = first; value <= last; value += step)
    into.set(static_cast<std::size_t>(field.most == 7 ? value % 7 : value));
  return true;
}

template <std::size_t N>
Result<void> parse_field(const Field& field, std::string_view text, std::bitset<N>& into) {
  const auto parts = split(text, ",");
  const bool complete = !text.empty() && text.front() != ',' && text.back() != ',' &&
                        text.find(",,") == std::string_view::npos;
  for (const auto part : parts) {
    if (complete && add_range(field, part, into)) continue;
    return Error(ErrorCode::invalid_argument,
                 fmt::format("{} \"{}\": expected {} to {}, a range, a list or a step", field.name,
                             text, field.least, field.most));
  }
  return {};
}

struct LocalTime {
  std::chrono::year_month_day date;
  std::size_t hour;
  std::size_t minute;
};

/// `wall`: local time, counted as if it were UTC.
LocalTime local_of(Time wall) {
  const auto day = std::chrono::floor<days>(wall);
  const auto in_day = std::chrono::duration_cast<minutes>(wall - day).count();
  return {std::chrono::year_month_day(day), static_cast<std::size_t>(in_day / 60),
          static_cast<std::size_t>(in_day % 60)};
}

bool matches(const CronSchedule& schedule, Time wall) {
  const auto local = local_of(wall);
  return schedule.minutes[local.minute] && schedule.hours[local.hour] &&
         schedule.matches_date(local.date);
}

/// Whether the clock on the wall showed this minute already before its last change set it back.
bool is_repeated(const TimeZone& zone, Time time) {
  const auto change = zone.last_change(time);
  if (!change || time - *change > kLongestShift) return false;
  const auto set_back = zone.offset_at(*change - seconds(1)) - zone.offset_at(time);
  return time - *change < set_back;
}

/// Whether a fixed time of the schedule was skipped by the change at `time`.
bool was_skipped(const CronSchedule& schedule, const TimeZone& zone, Time time) {
  const auto skipped = zone.offset_at(time) - zone.offset_at(time - seconds(1));
  if (skipped <= seconds(0) || skipped > kLongestShift) return false;
  const auto wall_after = time + zone.offset_at(time);
  for (auto wall = wall_after - skipped; wall < wall_after; wall += minutes(1)) {
    if (matches(schedule, wall)) return true;
  }
  return false;
}

/// How far nothing can match: to the next day, the next hour, the next minute.
seconds idle_from(const CronSchedule& schedule, Time wall) {
  const auto day = std::chrono::floor<days>(wall);
  const auto local = local_of(wall);
  if (!schedule.matches_date(local.date)) return day + days(1) - wall;
  if (!schedule.hours[local.hour]) return std::chrono::floor<hours>(wall) + hours(1) - wall;
  return minutes(1);
}

}  // namespace

bool CronSchedule::matches_date(std::chrono::year_month_day date) const {
  if (!months[static_cast<unsigned>(date.month())]) return false;
  const bool day_of_month = days_of_month[static_cast<unsigned>(date.day())];
  const std::chrono::weekday weekday{std::chrono::sys_days(date)};
  const bool day_of_week = days_of_week[weekday.c_encoding()];
  return any_day_of_month || any_day_of_week ? day_of_month && day_of_week
                                             : day_of_month || day_of_week;
}

Result<CronSchedule> parse_cron_schedule(std::string_view text) {
  for (const auto& [name, fields] : kNicknames) {
    if (text == name) return parse_cron_schedule(fields);
  }
  auto fields = split(text, " \t");
  if (fields.size() != kFields.size()) {
    return Error(
        ErrorCode::invalid_argument,
        fmt::format("{} fields: expected minute, hour, day of month, month and day of week",
                    fields.size()));
  }
  // A line that is not to be logged begins with a dash.
  if (fields[0].starts_with('-')) fields[0].remove_prefix(1);
  CronSchedule schedule;
  FS_CHECK(parse_field(kFields[0], fields[0], schedule.minutes));
  FS_CHECK(parse_field(kFields[1], fields[1], schedule.hours));
  FS_CHECK(parse_field(kFields[2], fields[2], schedule.days_of_month));
  FS_CHECK(parse_field(kFields[3], fields[3], schedule.months));
  FS_CHECK(parse_field(kFields[4], fields[4], schedule.days_of_week));
  schedule.any_day_of_month = fields[2].starts_with('*');
  schedule.any_day_of_week = fields[4].starts_with('*');
  schedule.follows_the_wall_clock = fields[0].starts_with('*') || fields[1].starts_with('*');
  return schedule;
}

std::optional<Time> next_run(const CronSchedule& schedule, const TimeZone& zone, Time after) {
  Time time = std::chrono::floor<minutes>(after) + minutes(1);
  const Time end = time + kHorizon;
  while (time < end) {
    const Time wall = time + zone.offset_at(time);
    const auto change = zone.last_change(time);
    const bool just_changed = change && time - *change < minutes(1);
    if (schedule.follows_the_wall_clock) {
      if (matches(schedule, wall)) return time;
    } else {
      if (just_changed && was_skipped(schedule, zone, *change)) return time;
      if (matches(schedule, wall) && !is_repeated(zone, time)) return time;
    }
    // Not beyond a change, after which the wall shows something else.
    auto next = time + idle_from(schedule, wall);
    if (const auto coming = zone.next_change(time); coming && *coming < next)
      next = std::max<Time>(time + minutes(1), std::chrono::ceil<minutes>(*coming));
    time = next;
  }
  return std::nullopt;
}

}  // namespace foreshock::agent
