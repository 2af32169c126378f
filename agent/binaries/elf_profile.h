#pragma once

#include "common/base/result.h"
#include "common/model/binary_profile.h"

namespace foreshock::agent {

/// Describes the ELF file behind `fd`, its `path` left empty: build id, libraries, and the mix of
/// its instructions from a sample of at most 256 KiB spread over its code (x86 and AArch64).
/// The file is hostile until proven otherwise: call this in a process that can do no harm
/// (profile_confined). `unsupported`: not an ELF program. About 50 ms at most.
Result<BinaryProfile> profile_elf(int fd);

}  // namespace foreshock::agent
