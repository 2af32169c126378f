#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/schedule/time_zone.h"

namespace foreshock::agent {

/// What the name of a file in at's spool says: queue letter, number of the job (5 hex digits),
/// minutes since 1970 (8 hex digits).
struct AtJobName {
  char queue = 'a';
  std::uint32_t number = 0;
  TimeZone::Seconds time;
  bool operator==(const AtJobName&) const = default;
};

/// nullopt: not a job that waits (one that runs begins with '='). Pure.
std::optional<AtJobName> parse_at_job_name(std::string_view name);

/// The commands of a job, without the environment and directory that at puts before them. Pure.
std::string parse_at_job_command(std::string_view script);

}  // namespace foreshock::agent
