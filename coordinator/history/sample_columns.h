#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/model/resource_sample.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Where a quantity is kept in the table `sample`, and what turns a stored value into the series'
/// unit (for a counter: per second).
struct SampleColumn {
  Quantity quantity;
  std::string_view name;
  double scale;
};

/// All of them, in the order of the table.
std::span<const SampleColumn> sample_columns();
const SampleColumn* find_sample_column(Quantity quantity);

/// A row of the table: absent is NULL.
struct SampleRow {
  std::optional<std::uint64_t> cpu_usage_ns, cpu_throttled_ns;
  std::optional<std::uint64_t> memory_used_bytes, memory_current_bytes;
  std::optional<std::uint64_t> process_count;
  std::optional<std::uint64_t> cpu_pressure_ns, memory_pressure_ns;
  std::optional<std::uint64_t> oom_kills;
  std::optional<std::uint64_t> load1_permille;
  std::optional<std::uint64_t> disk_read_bytes, disk_written_bytes, disk_busy_ns;
  std::optional<std::uint64_t> network_received_bytes, network_sent_bytes;
  std::optional<std::uint64_t> connections_accepted, connections_opened;
  std::optional<std::uint64_t> service_time_p95_us;
  bool operator==(const SampleRow&) const = default;
};

SampleRow make_sample_row(const WorkloadSample& sample);
SampleRow make_sample_row(const HostSample& sample, std::uint32_t process_count);
/// `service_time_p95`: of what was served since the look before; absent: nothing was.
void add_traffic(SampleRow& row, const WorkloadTraffic& traffic,
                 std::optional<std::chrono::microseconds> service_time_p95);

}  // namespace foreshock::coordinator
