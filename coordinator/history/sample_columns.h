#pragma once

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
  bool operator==(const SampleRow&) const = default;
};

SampleRow make_sample_row(const WorkloadSample& sample);
SampleRow make_sample_row(const HostSample& sample, std::uint32_t process_count);

}  // namespace foreshock::coordinator
