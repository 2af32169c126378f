#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/model/binary_profile.h"

namespace foreshock::agent {

/// What a process that takes hostile files apart may still do: read what it has open, write to its
/// output, use some memory. From here on everything else is refused by the kernel (seccomp), for
/// good. Source of the idea: Provos et al., "Preventing Privilege Escalation" (2003).
Result<void> confine_this_process();

/// The child's side of profile_confined: describes standard input on standard output.
/// @return its exit status.
int profile_standard_input();

struct ConfinedProfile {
  std::string program = "/proc/self/exe";  ///< a foreshock-agent
  /// Then it is killed. It runs only when nobody else wants the processor.
  std::chrono::nanoseconds patience = std::chrono::minutes(1);
};

/// profile_elf(fd) in a process of its own that can do nothing else. Blocks until that has ended.
/// `unsupported`: not a program in ELF, `unavailable`: it took too long or died.
Result<BinaryProfile> profile_confined(int fd, const ConfinedProfile& options = {});

}  // namespace foreshock::agent
