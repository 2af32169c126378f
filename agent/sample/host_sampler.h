#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/sample/held_file.h"
#include "agent/sample/resource_sampler.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// The host as a whole, from /proc: CPU by mode, memory, load, PSI where the kernel has it. One
/// thread.
class HostSampler final : public ResourceSampler {
 public:
  static Result<std::unique_ptr<HostSampler>> make(const std::string& proc_root = "/proc");
  void sample(BootTime now, ResourceSample& into) override;

 private:
  explicit HostSampler(UniqueFd proc);

  UniqueFd proc_;
  std::uint64_t ticks_per_second_;
  HeldFile stat_{"stat"};
  HeldFile meminfo_{"meminfo"};
  HeldFile loadavg_{"loadavg"};
  HeldFile cpu_pressure_{"pressure/cpu"};
  HeldFile memory_pressure_{"pressure/memory"};
  HeldFile io_pressure_{"pressure/io"};
};

}  // namespace foreshock::agent
