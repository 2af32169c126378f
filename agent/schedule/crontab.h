#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/schedule/cron_schedule.h"

namespace foreshock::agent {

/// One job of a crontab.
struct CrontabEntry {
  std::size_t line = 0;                  ///< counted from 1
  std::optional<CronSchedule> schedule;  ///< nullopt: at boot (@reboot)
  std::string user;                      ///< only where the table names one in each line
  std::string command;                   ///< up to the first bare '%', which begins its input
  std::string time_zone;                 ///< CRON_TZ in force; empty: the host's
  bool operator==(const CrontabEntry&) const = default;
};

struct CrontabProblem {
  std::size_t line = 0;
  std::string what;
};

struct Crontab {
  std::vector<CrontabEntry> entries;
  std::vector<CrontabProblem> problems;  ///< lines that cron would not take either
};

/// A crontab's text. `with_user`: the sixth field is the user, as in /etc/crontab and /etc/cron.d.
/// Pure.
Crontab parse_crontab(std::string_view text, bool with_user);

/// The directory whose scripts a command runs by run-parts, "/etc/cron.daily" of "cd / && run-parts
/// --report /etc/cron.daily"; empty: it does not. Pure.
std::string run_parts_directory(std::string_view command);
/// Whether run-parts (and cron, in /etc/cron.d) takes a file of this name: letters, digits, '_' and
/// '-' only. Pure.
bool is_run_parts_name(std::string_view name);

}  // namespace foreshock::agent
