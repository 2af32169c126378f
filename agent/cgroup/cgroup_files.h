#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace foreshock::agent {

// What the files of a cgroup say. All pure, any thread. Text that is not understood, and a number
// that does not fit, is absent: never an error, never a guess. A limit that is not set is the inner
// absence.

/// Parts between separators; an empty text has none. Views into `text`.
std::vector<std::string_view> split_at(std::string_view text, char separator);
/// Parts between blanks, without empty ones. Views into `text`.
std::vector<std::string_view> split_words(std::string_view text);

/// A whole decimal number, blanks around it allowed: memory.current, pids.current,
/// memory.usage_in_bytes.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// cpuacct.usage.
std::optional<Nanoseconds> parse_nanoseconds(std::string_view text);
/// The number after `key` at the start of a line: cpu.stat, memory.stat, memory.events,
/// memory.oom_control.
std::optional<std::uint64_t> parse_keyed_count(std::string_view text, std::string_view key);

/// memory.max, memory.high ("max" or bytes) and memory.limit_in_bytes (a number near 2^63 for no
/// limit).
std::optional<std::optional<Bytes>> parse_memory_limit(std::string_view text);

/// cpu.stat of both versions; v1 has no usage.
struct CpuStat {
  std::optional<Nanoseconds> usage;
  std::optional<Nanoseconds> throttled;
  std::optional<std::uint64_t> throttled_periods;
  bool operator==(const CpuStat&) const = default;
};
CpuStat parse_cpu_stat(std::string_view text);

/// How much CPU time a cgroup may use in each period.
struct CpuBandwidth {
  std::optional<std::uint64_t> quota_usec;  ///< absent: unlimited
  std::uint64_t period_usec = 0;            ///< never 0 when parsed

  /// Thousandths of a core, rounded to the nearest.
  std::optional<std::uint64_t> millicores() const;
  bool operator==(const CpuBandwidth&) const = default;
};
/// cpu.max: "max 100000", "30000 100000".
std::optional<CpuBandwidth> parse_cpu_max(std::string_view text);
/// Whether cpu.cfs_quota_us says that there is no limit.
bool is_no_quota(std::string_view cfs_quota);
/// cpu.cfs_quota_us (-1 for no limit) and cpu.cfs_period_us.
std::optional<CpuBandwidth> parse_cfs(std::string_view quota, std::string_view period);
/// The quota that gives so many thousandths of a core; nullopt when it does not fit.
std::optional<std::uint64_t> quota_usec_for(std::uint64_t millicores, std::uint64_t period_usec);

/// cpu.shares has 1024 where cpu.weight has 100. A weight survives the way there and back.
std::uint64_t shares_of_weight(std::uint64_t weight);
std::uint64_t weight_of_shares(std::uint64_t shares);

/// Inactive file cache of the cgroup and all below it: total_inactive_file (v1) or inactive_file
/// (v2).
std::optional<Bytes> parse_inactive_file(std::string_view memory_stat);
/// What can't be reclaimed without harm: current less inactive file cache.
Bytes working_set(Bytes current, Bytes inactive_file);

/// The "some" total of cpu.pressure, memory.pressure, io.pressure, /proc/pressure/….
std::optional<Nanoseconds> parse_pressure_some_total(std::string_view text);

}  // namespace foreshock::agent
