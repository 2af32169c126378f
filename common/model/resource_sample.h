#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/model/process_event.h"

namespace foreshock {

/// One disk, as the kernel counts since boot.
struct DiskSample {
  std::string name;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  Bytes read;
  Bytes written;
  Nanoseconds busy{};  ///< time with at least one request in flight
  std::uint64_t in_flight = 0;
  bool operator==(const DiskSample&) const = default;
};

/// One network interface, as the kernel counts since it came up.
struct InterfaceSample {
  std::string name;
  Bytes received;
  Bytes sent;
  std::uint64_t received_packets = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t errors = 0;  ///< both ways
  std::uint64_t drops = 0;   ///< both ways
  bool operator==(const InterfaceSample&) const = default;
};

/// One look at the whole host. Counters are as the kernel keeps them: they only grow, from boot.
struct HostSample {
  BootTime time;
  std::uint32_t cpu_count = 0;
  Nanoseconds cpu_user{}, cpu_nice{}, cpu_system{}, cpu_idle{}, cpu_iowait{}, cpu_irq{},
      cpu_softirq{}, cpu_steal{};
  Bytes memory_total, memory_available, swap_total, swap_free;
  std::uint32_t load1_permille = 0;
  std::optional<Nanoseconds> cpu_pressure, memory_pressure, io_pressure;  ///< PSI "some" totals
  std::vector<DiskSample>
      disks;  ///< whole disks of hardware: what is built of them would count twice
  std::vector<InterfaceSample>
      interfaces;  ///< of hardware; in a container, which has none, all but loopback
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
  Nanoseconds cpu{};  ///< counter, as are bytes and faults
  Bytes rss;
  std::uint32_t threads = 0;
  Bytes read_bytes;     ///< from storage
  Bytes written_bytes;  ///< to storage
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  bool operator==(const ProcessSample&) const = default;
};

/// What all processes of one command in one workload used in one period, those that ended in it
/// included: exact sums, whatever the number of processes.
struct CommandUse {
  std::uint64_t cgroup_id = 0;  ///< 0: several, where there are too many to tell apart
  std::string cgroup;           ///< path; empty when it could not be resolved
  std::string signature;  ///< "[kernel]": threads of the kernel; "[other]": too many to tell apart
  std::uint32_t running = 0;   ///< processes at the end of the period
  std::uint32_t ended = 0;     ///< in the period
  std::uint32_t failed = 0;    ///< of those that ended: with another status than 0
  std::uint32_t withheld = 0;  ///< executions that are told nowhere else: see ExecStorm
  Nanoseconds cpu{};           ///< in the period, as are bytes and faults
  Bytes rss;                   ///< sum over what runs at the end of the period
  Bytes read_bytes;
  Bytes written_bytes;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  bool operator==(const CommandUse&) const = default;
};

/// Network traffic of one workload. Counters since the agent, or the workload, was first seen.
struct WorkloadTraffic {
  std::uint64_t cgroup_id = 0;
  std::string cgroup;  ///< path; "/" is what runs in no workload
  Bytes received;
  Bytes sent;
  std::uint64_t accepted = 0;   ///< TCP connections from others
  std::uint64_t connected = 0;  ///< TCP connections to others
  /// How long accepted connections were served, from accepting to closing: item n counts those of
  /// 2^n to 2^(n+1) microseconds; at most 32 items.
  std::vector<std::uint64_t> served_usec_log2;
  bool operator==(const WorkloadTraffic&) const = default;
};

struct ResourceSample {
  std::optional<HostSample> host;
  std::vector<WorkloadSample> workloads;
  std::vector<ProcessSample>
      processes;  ///< the biggest by processor time, memory, storage and major faults
  std::vector<CommandUse> commands;  ///< the biggest first
  std::vector<WorkloadTraffic> traffic;
  std::uint32_t process_count = 0;  ///< all that were looked at
  bool operator==(const ResourceSample&) const = default;
};

}  // namespace foreshock
