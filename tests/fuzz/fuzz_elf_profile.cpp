#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/mman.h>
#include <unistd.h>

#include "agent/binaries/elf_profile.h"
#include "common/base/assert.h"
#include "common/os/file.h"

/// Any bytes as an executed file. What is said of it must be possible.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const UniqueFd file(::memfd_create("binary", MFD_CLOEXEC));
  if (!write_all(file.get(), std::as_bytes(std::span(data, size)))) return 0;
  const auto profile = agent::profile_elf(file.get());
  if (!profile) return 0;
  const BinaryTraits& traits = profile->traits;
  FS_ASSERT(profile->id != 0);
  FS_ASSERT(traits.file.count == size);
  FS_ASSERT(traits.libraries == profile->libraries.size());
  float sum = 0;
  for (const float share : traits.mix) {
    FS_ASSERT(share >= 0 && share <= 1);
    sum += share;
  }
  FS_ASSERT(traits.instructions == 0 || std::abs(sum - 1) < 1e-3F);
  FS_ASSERT(std::isfinite(traits.cycles) && std::isfinite(traits.complexity));
  return 0;
}
