#include "coordinator/history/sample_columns.h"

#include <algorithm>
#include <array>

namespace foreshock::coordinator {

namespace {

constexpr double kSecondsPerNs = 1e-9;

constexpr std::array kColumns = {
    SampleColumn{Quantity::cpu_usage, "cpu_usage_ns", kSecondsPerNs},
    SampleColumn{Quantity::cpu_throttled, "cpu_throttled_ns", kSecondsPerNs},
    SampleColumn{Quantity::memory_used, "memory_used_bytes", 1},
    SampleColumn{Quantity::memory_current, "memory_current_bytes", 1},
    SampleColumn{Quantity::process_count, "process_count", 1},
    SampleColumn{Quantity::cpu_pressure, "cpu_pressure_ns", kSecondsPerNs},
    SampleColumn{Quantity::memory_pressure, "memory_pressure_ns", kSecondsPerNs},
    SampleColumn{Quantity::oom_kills, "oom_kills", 1},
    SampleColumn{Quantity::load1, "load1_permille", 1e-3},
};

std::optional<std::uint64_t> count_of(const std::optional<Nanoseconds>& span) {
  if (!span) return std::nullopt;
  return static_cast<std::uint64_t>(span->count());
}

std::optional<std::uint64_t> count_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return bytes->count;
}

/// Sums as unsigned numbers: what an agent says may overflow, and must not be undefined.
std::uint64_t busy_ns(const HostSample& sample) {
  std::uint64_t sum = 0;
  for (const Nanoseconds part : {sample.cpu_user, sample.cpu_nice, sample.cpu_system,
                                 sample.cpu_irq, sample.cpu_softirq, sample.cpu_steal}) {
    sum += static_cast<std::uint64_t>(part.count());
  }
  return sum;
}

}  // namespace

std::span<const SampleColumn> sample_columns() {
  return kColumns;
}

const SampleColumn* find_sample_column(Quantity quantity) {
  const auto found = std::ranges::find(kColumns, quantity, &SampleColumn::quantity);
  return found == kColumns.end() ? nullptr : &*found;
}

SampleRow make_sample_row(const WorkloadSample& sample) {
  return {.cpu_usage_ns = count_of(sample.cpu_usage),
          .cpu_throttled_ns = count_of(sample.cpu_throttled),
          .memory_used_bytes = count_of(sample.memory_working_set),
          .memory_current_bytes = count_of(sample.memory_current),
          .process_count = sample.process_count,
          .cpu_pressure_ns = count_of(sample.cpu_pressure),
          .memory_pressure_ns = count_of(sample.memory_pressure),
          .oom_kills = sample.oom_kills,
          .load1_permille = std::nullopt};
}

SampleRow make_sample_row(const HostSample& sample, std::uint32_t process_count) {
  SampleRow row;
  row.cpu_usage_ns = busy_ns(sample);
  if (sample.memory_total.count >= sample.memory_available.count) {
    row.memory_used_bytes = sample.memory_total.count - sample.memory_available.count;
  }
  // Zero: processes were not looked at, for somebody must have sampled.
  if (process_count > 0) row.process_count = process_count;
  row.cpu_pressure_ns = count_of(sample.cpu_pressure);
  row.memory_pressure_ns = count_of(sample.memory_pressure);
  row.load1_permille = sample.load1_permille;
  return row;
}

}  // namespace foreshock::coordinator
