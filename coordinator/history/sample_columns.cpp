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
    SampleColumn{Quantity::disk_read, "disk_read_bytes", 1},
    SampleColumn{Quantity::disk_written, "disk_written_bytes", 1},
    SampleColumn{Quantity::disk_busy, "disk_busy_ns", kSecondsPerNs},
    SampleColumn{Quantity::network_received, "network_received_bytes", 1},
    SampleColumn{Quantity::network_sent, "network_sent_bytes", 1},
    SampleColumn{Quantity::connections_accepted, "connections_accepted", 1},
    SampleColumn{Quantity::connections_opened, "connections_opened", 1},
    SampleColumn{Quantity::service_time_p95, "service_time_p95_us", 1e-6},
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

template <typename Devices, typename Count>
std::uint64_t sum_of(const Devices& devices, Count count) {
  std::uint64_t sum = 0;
  for (const auto& device : devices) sum += count(device);
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
  SampleRow row;
  row.cpu_usage_ns = count_of(sample.cpu_usage);
  row.cpu_throttled_ns = count_of(sample.cpu_throttled);
  row.memory_used_bytes = count_of(sample.memory_working_set);
  row.memory_current_bytes = count_of(sample.memory_current);
  row.process_count = sample.process_count;
  row.cpu_pressure_ns = count_of(sample.cpu_pressure);
  row.memory_pressure_ns = count_of(sample.memory_pressure);
  row.oom_kills = sample.oom_kills;
  return row;
}

void add_traffic(SampleRow& row, const WorkloadTraffic& traffic,
                 std::optional<std::chrono::microseconds> service_time_p95) {
  row.network_received_bytes = traffic.received.count;
  row.network_sent_bytes = traffic.sent.count;
  row.connections_accepted = traffic.accepted;
  row.connections_opened = traffic.connected;
  if (service_time_p95)
    row.service_time_p95_us = static_cast<std::uint64_t>(service_time_p95->count());
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
  // A sum of none is not 0: the host may have disks that could not be seen.
  if (!sample.disks.empty()) {
    row.disk_read_bytes = sum_of(sample.disks, [](const auto& disk) { return disk.read.count; });
    row.disk_written_bytes =
        sum_of(sample.disks, [](const auto& disk) { return disk.written.count; });
    row.disk_busy_ns = sum_of(sample.disks, [](const auto& disk) {
      return static_cast<std::uint64_t>(disk.busy.count());
    });
  }
  if (!sample.interfaces.empty()) {
    row.network_received_bytes =
        sum_of(sample.interfaces, [](const auto& interface) { return interface.received.count; });
    row.network_sent_bytes =
        sum_of(sample.interfaces, [](const auto& interface) { return interface.sent.count; });
  }
  return row;
}

}  // namespace foreshock::coordinator
