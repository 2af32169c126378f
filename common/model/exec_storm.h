#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace foreshock {

/// A workload starts processes faster than the agent tells them one by one. Until it is calm again,
/// its executions are only counted: CommandUse has their exact sums.
struct ExecStorm {
  std::uint64_t cgroup_id = 0;
  std::string cgroup;  ///< path; empty when it could not be resolved
  BootTime began;
  std::optional<BootTime> ended;  ///< absent: it goes on
  std::uint64_t withheld = 0;     ///< executions not told one by one so far
  bool operator==(const ExecStorm&) const = default;
};

}  // namespace foreshock
