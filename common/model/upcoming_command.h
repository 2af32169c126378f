#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace foreshock {

/// What will start a command; the enumerator is the word in JSON too.
enum class ScheduleSource : std::uint8_t { unknown = 0, systemd_timer = 1, crontab = 2, at = 3 };
std::string_view to_string(ScheduleSource source);

/// A command that a host's own schedulers are going to run.
struct UpcomingCommand {
  WallTime time;
  ScheduleSource source = ScheduleSource::unknown;
  std::string name;     ///< "backup.timer", "/etc/crontab:12", "at job 7"
  std::string user;     ///< as whom it runs; empty: not known
  std::string command;  ///< as a person would read it, secrets removed
  /// Time from this run to the one after it; zero: runs once, or not known.
  Nanoseconds period{};
  bool operator==(const UpcomingCommand&) const = default;
};

}  // namespace foreshock
