#pragma once

#include "common/base/result.h"

namespace foreshock::agent {

/// What a process that takes hostile files apart may still do: read what it has open, write to its
/// output, use some memory. From here on everything else is refused by the kernel (seccomp), for
/// good. Source of the idea: Provos et al., "Preventing Privilege Escalation" (2003).
Result<void> confine_this_process();

/// Describes standard input on standard output, confined: all that the process is for which
/// profile_confined starts. @return its exit status.
int profile_standard_input();
inline constexpr int kExitProfiled = 0;
inline constexpr int kExitNotProfiled = 3;  ///< and why is on standard output

}  // namespace foreshock::agent
