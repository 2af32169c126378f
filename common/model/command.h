#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"

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

/// Put a knob back to what it was before anybody's first adjustment.
struct Restoration {
  CgroupTarget target;
  Knob knob = Knob::unknown;
  bool operator==(const Restoration&) const = default;
};

/// What a coordinator asks of an agent. Idempotent by `id`; valid until `expires`; an `epoch` lower
/// than one already seen comes from a coordinator that has been replaced.
struct Command {
  std::uint64_t id = 0;
  std::uint64_t decision_id = 0;
  std::uint64_t epoch = 0;
  WallTime issued;
  WallTime expires;
  std::variant<Adjustment, Restoration> body;
  bool operator==(const Command&) const = default;
};

enum class ActionStatus : std::uint8_t { unknown = 0, applied = 1, refused = 2, failed = 3 };
std::string_view to_string(ActionStatus status);

/// Why an agent did not carry out a command.
enum class Refusal : std::uint8_t {
  none = 0,
  expired = 1,    ///< its time to live was over
  old_epoch = 2,  ///< from a coordinator that has been replaced
  cgroup_gone = 3,
  cgroup_replaced = 4,   ///< same path, another inode
  not_allowed = 5,       ///< the host's owner did not allow this cgroup or knob
  protected_cgroup = 6,  ///< on the protect list
  below_floor = 7,       ///< below the owner's minimum or the working set
  above_ceiling = 8,     ///< above the owner's maximum
  unsupported_knob = 9,  ///< the host's hierarchy has no such file
  malformed = 10,
};
std::string_view to_string(Refusal refusal);

/// What became of a command; travels in the next report.
struct ActionOutcome {
  std::uint64_t command_id = 0;
  std::uint64_t decision_id = 0;
  ActionStatus status = ActionStatus::unknown;
  Refusal refusal = Refusal::none;
  std::string detail;
  CgroupTarget target;
  Knob knob = Knob::unknown;
  KnobValue before;
  KnobValue requested;
  KnobValue after;  ///< read back from the file
  WallTime time;
  bool operator==(const ActionOutcome&) const = default;
};

/// Signatures whose execs are worth an urgent copy, and their executables' base names (a superset).
struct WatchList {
  std::uint64_t version = 0;
  std::vector<std::string> base_names;
  std::vector<std::string> signatures;
  bool operator==(const WatchList&) const = default;
};

}  // namespace foreshock
