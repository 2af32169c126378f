#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agent/sample/held_file.h"
#include "agent/sample/host_devices.h"
#include "agent/sample/resource_sampler.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// The host as a whole, from /proc: CPU by mode, memory, load, PSI where the kernel has it, disks
/// and network interfaces. One thread.
class HostSampler final : public ResourceSampler {
 public:
  static Result<std::unique_ptr<HostSampler>> make(const std::string& proc_root = "/proc",
                                                   const std::string& sys_root = "/sys");
  void sample(BootTime now, ResourceSample& into) override;

 private:
  HostSampler(UniqueFd proc, const std::string& sys_root);

  UniqueFd proc_;
  std::uint64_t ticks_per_second_;
  HeldFile stat_{"stat"};
  HeldFile meminfo_{"meminfo"};
  HeldFile loadavg_{"loadavg"};
  HeldFile cpu_pressure_{"pressure/cpu"};
  HeldFile memory_pressure_{"pressure/memory"};
  HeldFile io_pressure_{"pressure/io"};
  HostDevices devices_;
};

}  // namespace foreshock::agent
