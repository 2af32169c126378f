#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foreshock {

/// A limit of a cgroup. Units of its value: cpu_max thousandths of a core; cpu_weight 1..10000;
/// memory bytes.
enum class Knob : std::uint8_t {
  unknown = 0,
  cpu_max = 1,
  cpu_weight = 2,
  memory_high = 3,
  memory_max = 4
};
std::string_view to_string(Knob knob);
std::optional<Knob> parse_knob(std::string_view text);

/// A value of a knob; absent = no limit ("max").
using KnobValue = std::optional<std::uint64_t>;
/// "1500m", "512.0 MiB", "max": for people.
std::string format_knob_value(Knob knob, KnobValue value);
/// Whether `value` leaves the workload more than `than` does.
bool is_looser(KnobValue value, KnobValue than);

/// Which cgroup: the path finds it, the id (inode of its directory) tells whether it is still the
/// same one.
struct CgroupTarget {
  std::string path;
  std::uint64_t id = 0;
  auto operator<=>(const CgroupTarget&) const = default;
};

/// Set one knob of one cgroup.
struct Adjustment {
  CgroupTarget target;
  Knob knob = Knob::unknown;
  KnobValue value;
  bool operator==(const Adjustment&) const = default;
};

}  // namespace foreshock
