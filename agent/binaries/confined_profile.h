#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/model/binary_profile.h"

namespace foreshock::agent {

struct ConfinedProfile {
  std::string program = "";  ///< a foreshock-agent-binary; empty: this package's
  /// Then it is killed. It runs only when nobody else wants the processor.
  std::chrono::nanoseconds patience = std::chrono::minutes(1);
};

/// profile_elf(fd) in a process of its own that can do nothing else (confinement.h). Blocks until
/// that has ended. `unsupported`: not a program in ELF, `unavailable`: it took too long or died.
Result<BinaryProfile> profile_confined(int fd, const ConfinedProfile& options = {});

}  // namespace foreshock::agent
