#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace foreshock {

/// What an agent leaves out to stay within its budget; each step includes those before it.
enum class Saving : std::uint8_t {
  nothing = 0,
  argument_files = 1,   ///< the files that arguments name are not looked at
  samples = 2,          ///< samples are taken at every fifth report only
  storm_limit = 3,      ///< a tenth of the usual rate of a workload's commands is told one by one
  single_commands = 4,  ///< commands are counted only
};
inline constexpr Saving kMostSaving = Saving::single_commands;
std::string_view to_string(Saving saving);

/// What the agent itself uses.
struct AgentUse {
  Nanoseconds cpu{};  ///< since its start
  Bytes rss;
  Saving saving = Saving::nothing;
  bool operator==(const AgentUse&) const = default;
};

}  // namespace foreshock
