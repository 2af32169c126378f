#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/model/process_event.h"

namespace foreshock {

/// One look at the whole host. Counters are as the kernel keeps them: they only grow, from boot.
struct HostSample {
  BootTime time;
  std::uint32_t cpu_count = 0;
  Nanoseconds cpu_user{}, cpu_nice{}, cpu_system{}, cpu_idle{}, cpu_iowait{}, cpu_irq{},
      cpu_softirq{}, cpu_steal{};
  Bytes memory_total, memory_available, swap_total, swap_free;
  std::uint32_t load1_permille = 0;
  std::optional<Nanoseconds> cpu_pressure, memory_pressure, io_pressure;  ///< PSI "some" totals
  bool operator==(const HostSample&) const = default;
};

/// One look at one cgroup. What the host's hierarchy does not offer is absent.
struct WorkloadSample {
  std::string cgroup;           ///< path below the hierarchy's root, "/" + …
  std::uint64_t cgroup_id = 0;  ///< inode in the workload hierarchy
  BootTime time;
  std::optional<Nanoseconds> cpu_usage;            ///< counter
  std::optional<Nanoseconds> cpu_throttled;        ///< counter
  std::optional<std::uint64_t> throttled_periods;  ///< counter
  /// Present when the knob can be read; `unlimited` is the inner absence.
  std::optional<std::optional<std::uint64_t>> cpu_max_millicores;
  std::optional<Bytes> memory_current;
  std::optional<Bytes> memory_working_set;  ///< current less inactive file cache
  std::optional<std::optional<Bytes>> memory_max;
  std::optional<std::optional<Bytes>> memory_high;
  std::optional<std::uint64_t> oom_kills;  ///< counter
  std::optional<std::uint64_t> process_count;
  std::optional<Nanoseconds> cpu_pressure, memory_pressure;  ///< PSI "some" totals
  bool operator==(const WorkloadSample&) const = default;
};

/// One look at one process (all its threads).
struct ProcessSample {
  ProcessKey process;
  BootTime time;
  std::uint64_t cgroup_id = 0;
  std::string comm;
  Nanoseconds cpu{};  ///< counter
  Bytes rss;
  bool operator==(const ProcessSample&) const = default;
};

struct ResourceSample {
  std::optional<HostSample> host;
  std::vector<WorkloadSample> workloads;
  std::vector<ProcessSample> processes;  ///< the biggest by CPU and by memory
  std::uint32_t process_count = 0;       ///< all that were looked at
  bool operator==(const ResourceSample&) const = default;
};

}  // namespace foreshock
