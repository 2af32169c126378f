#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// A time zone's history and future: offsets from UTC with the moments at which they change. Read
/// once, then pure; the process's own TZ is not touched.
class TimeZone {
 public:
  using Seconds = std::chrono::sys_seconds;

  /// UTC.
  TimeZone();
  /// From the bytes of a compiled zone file (RFC 8536); changes that its last rule makes are worked
  /// out up to 2100. `corrupt` for anything else. Pure.
  static Result<TimeZone> parse(std::string_view tzif);
  /// "Europe/Berlin" below `zone_directory`; `not_found` and `invalid_argument` name it.
  static Result<TimeZone> read(const std::string& zone_directory, const std::string& name);

  std::chrono::seconds offset_at(Seconds time) const;
  /// The first change after `time`; nullopt: none any more.
  std::optional<Seconds> next_change(Seconds time) const;
  /// The last change at or before `time`.
  std::optional<Seconds> last_change(Seconds time) const;

 private:
  struct Change {
    Seconds at;
    std::chrono::seconds offset;
  };

  void add_changes_of_rule(std::string_view rule);

  std::chrono::seconds first_offset_{};
  std::vector<Change> changes_;  ///< in the order of time
};

}  // namespace foreshock::agent
