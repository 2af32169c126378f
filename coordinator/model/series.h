#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// A host as the history numbers it.
using HostId = std::int64_t;

/// What a series measures. Names in SQL, JSON and on the command line are the enumerators'.
/// As stored: counters in their unit, gauges as they are. As read for people and models: see
/// `SeriesQuery`.
enum class Quantity : std::uint8_t {
  unknown = 0,
  cpu_usage = 1,        ///< counter, ns; read as cores in use
  cpu_throttled = 2,    ///< counter, ns; read as cores' worth of waiting
  memory_used = 3,      ///< gauge, bytes: working set of a workload, total less available of a host
  memory_current = 4,   ///< gauge, bytes: with page cache
  process_count = 5,    ///< gauge
  cpu_pressure = 6,     ///< counter, ns of "some"; read as a share of time
  memory_pressure = 7,  ///< counter, ns of "some"; read as a share of time
  oom_kills = 8,        ///< counter; read per second
  load1 = 9,            ///< gauge
  disk_read = 10,       ///< counter, bytes from disks; hosts only, as the next two
  disk_written = 11,    ///< counter, bytes
  disk_busy = 12,       ///< counter, ns of all disks together; read as disks at work
  network_received = 13,      ///< counter, bytes
  network_sent = 14,          ///< counter, bytes
  connections_accepted = 15,  ///< counter; workloads only, as the next two
  connections_opened = 16,    ///< counter
  service_time_p95 = 17,      ///< gauge, seconds from accepting a connection to closing it
};
std::string_view to_string(Quantity quantity);
std::optional<Quantity> parse_quantity(std::string_view text);
bool is_counter(Quantity quantity);
/// "cores", "bytes", "bytes/s", "processes", "share", "1/s", "disks", "s".
std::string_view unit_of(Quantity quantity);

/// A cgroup of a host; an empty cgroup is the host itself.
struct Workload {
  HostId host = 0;
  std::string cgroup;
  auto operator<=>(const Workload&) const = default;
};

struct SeriesKey {
  Workload workload;
  Quantity quantity = Quantity::unknown;
  auto operator<=>(const SeriesKey&) const = default;
};
/// "3:/system.slice/x.service:cpu_usage".
std::string to_string(const SeriesKey& key);

/// Evenly spaced values; NaN where nothing is known. values[i] covers [start + i*step, start +
/// (i+1)*step).
struct Series {
  SeriesKey key;
  WallTime start;
  std::chrono::nanoseconds step{};
  std::vector<double> values;

  WallTime end() const { return start + step * static_cast<std::int64_t>(values.size()); }
};
/// NaN where nothing is known.
double last_known(const Series& series);

}  // namespace foreshock::coordinator
