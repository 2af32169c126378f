#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include "agent/schedule/time_zone.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// When a line of a crontab runs: Vixie cron's five fields. Days match if the day of the month or
/// the day of the week does, when neither field begins with '*'; else if both do.
struct CronSchedule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days_of_month;  ///< 1..31
  std::bitset<13> months;         ///< 1..12
  std::bitset<7> days_of_week;    ///< 0 is Sunday
  bool any_day_of_month = false;  ///< its field begins with '*'
  bool any_day_of_week = false;
  /// Minute or hour begins with '*': runs by the clock on the wall. Others run once even where
  /// daylight saving skips or repeats their time.
  bool follows_the_wall_clock = false;

  bool matches_date(std::chrono::year_month_day date) const;
  bool operator==(const CronSchedule&) const = default;
};

/// "*/5 8-18/2 1,15 jan-mar mon", or "@daily" and its like (not "@reboot", which has no time).
/// Errors name the field. Pure.
Result<CronSchedule> parse_cron_schedule(std::string_view fields);

/// The first run after `after` (whole minutes); nullopt: none within eight years, such as on
/// February 30. Jobs with a fixed time that daylight saving skips run at the change, those whose
/// time it repeats run the first time only, as Vixie cron does. Pure.
std::optional<TimeZone::Seconds> next_run(const CronSchedule& schedule, const TimeZone& zone,
                                          TimeZone::Seconds after);

}  // namespace foreshock::agent
