#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "common/model/adjustment.h"
#include "common/model/reflex.h"
#include "common/model/signature_rule.h"

namespace foreshock {

/// Put a knob back to what it was before anybody's first adjustment.
struct Restoration {
  CgroupTarget target;
  Knob knob = Knob::unknown;
  bool operator==(const Restoration&) const = default;
};

/// Answer a command by yourself from now on; replaces a reflex of the same signature, cgroup and
/// knob.
struct ArmReflex {
  Reflex reflex;
  bool operator==(const ArmReflex&) const = default;
};

/// Forget a reflex, and take back what it has moved.
struct DisarmReflex {
  std::uint64_t decision_id = 0;  ///< of the decision that armed it
  bool operator==(const DisarmReflex&) const = default;
};

/// What a coordinator asks of an agent. Idempotent by `id`; valid until `expires`; an `epoch` lower
/// than one already seen comes from a coordinator that has been replaced.
struct Command {
  std::uint64_t id = 0;
  std::uint64_t decision_id = 0;
  std::uint64_t epoch = 0;
  WallTime issued;
  WallTime expires;
  std::variant<Adjustment, Restoration, ArmReflex, DisarmReflex> body;
  bool operator==(const Command&) const = default;
};

enum class ActionStatus : std::uint8_t {
  unknown = 0,
  applied = 1,
  refused = 2,
  failed = 3,
  dry_run = 4,  ///< nothing was changed: a reflex that only tells what it would have done
};
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
  over_budget = 11,  ///< more reflexes, or more firings of them, than the owner lets a host have
};
std::string_view to_string(Refusal refusal);

/// What made an agent act.
enum class ActionCause : std::uint8_t {
  command = 0,     ///< an adjustment or a restoration that was asked for
  arming = 1,      ///< a reflex was armed or disarmed
  reflex = 2,      ///< a reflex fired
  reflex_end = 3,  ///< a reflex's window is over
};
std::string_view to_string(ActionCause cause);

/// What became of a command or a reflex; travels in the next report.
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
  ActionCause cause = ActionCause::command;
  std::optional<Nanoseconds> reaction{};  ///< of a reflex: from the exec to the write
  bool operator==(const ActionOutcome&) const = default;
};

/// Signatures whose execs are worth an urgent copy, and their executables' base names (a superset).
struct WatchList {
  std::uint64_t version = 0;
  std::vector<std::string> base_names;
  std::vector<std::string> signatures;
  std::vector<SignatureRule> rules;  ///< how commands are named here; at most kMaxSignatureRules
  bool operator==(const WatchList&) const = default;
};

}  // namespace foreshock
