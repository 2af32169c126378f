#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/schedule/systemd_timers.h"
#include "agent/schedule/time_zone.h"
#include "common/base/clock.h"
#include "common/model/upcoming_command.h"

namespace foreshock::agent {

/// What this host is going to run: systemd timers, crontabs of the system and of users, at jobs.
/// Read anew at each call; a source that cannot be read is named in `problems` and left out. One
/// thread.
class UpcomingCommands {
 public:
  struct Options {
    std::string root;        ///< "" unless in tests: what stands before /etc and /var
    std::size_t most = 500;  ///< the earliest are kept
  };
  struct Listing {
    std::vector<UpcomingCommand> commands;  ///< in the order of time
    std::vector<std::string> problems;      ///< "/etc/crontab:7: hour "25": …"
    std::uint64_t left_out = 0;             ///< beyond the most
    bool operator==(const Listing&) const = default;
  };

  /// `timers` is borrowed. `redact` removes secrets from the text of a command.
  UpcomingCommands(Options options, TimerSource& timers,
                   std::function<std::string(const std::string&)> redact);

  Listing list(WallTime now);

 private:
  void add_timers(Listing& listing);
  void add_system_crontabs(WallTime now, Listing& listing);
  void add_user_crontabs(WallTime now, Listing& listing);
  void add_crontab(const std::string& path, const std::string& user, bool with_user, WallTime now,
                   Listing& listing);
  void add_at_jobs(Listing& listing);
  const TimeZone& zone_named(const std::string& name, Listing& listing);
  void add(UpcomingCommand&& command, Listing& listing) const;

  Options options_;
  TimerSource& timers_;
  std::function<std::string(const std::string&)> redact_;
  std::map<std::string, TimeZone> zones_;  ///< "" is the host's; emptied at each listing
};

}  // namespace foreshock::agent
