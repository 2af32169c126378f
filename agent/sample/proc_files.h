#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/resource_sample.h"

namespace foreshock::agent {

// What files of /proc say. All pure, any thread; text that is not understood is absent.
// `ticks_per_second` is sysconf(_SC_CLK_TCK), never 0.

/// The CPU part of a HostSample from /proc/stat: false (and `into` untouched) without a "cpu" line.
bool parse_cpu_times(std::string_view stat, std::uint64_t ticks_per_second, HostSample& into);
/// The memory part from /proc/meminfo; what a kernel does not tell is 0.
void parse_meminfo(std::string_view meminfo, HostSample& into);
/// The load of the last minute, in thousandths, from /proc/loadavg.
std::optional<std::uint32_t> parse_load1_permille(std::string_view loadavg);

/// /proc/N/stat.
struct ProcessStat {
  std::string comm;
  std::uint32_t parent = 0;
  bool kernel_thread = false;
  Nanoseconds user{};    ///< all threads
  Nanoseconds system{};  ///< all threads
  Nanoseconds start{};   ///< since boot, to the tick
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint32_t threads = 0;
  std::uint64_t rss_pages = 0;
  bool operator==(const ProcessStat&) const = default;
};
/// A comm may hold anything, parentheses and blanks included.
std::optional<ProcessStat> parse_process_stat(std::string_view stat,
                                              std::uint64_t ticks_per_second);

}  // namespace foreshock::agent
