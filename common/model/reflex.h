#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/model/adjustment.h"

namespace foreshock {

/// An adjustment that a host makes by itself, at once, when a command is executed there: sent
/// ahead, so that it works with the coordinator away. It only loosens: what is as loose already
/// stays.
struct Reflex {
  std::uint64_t decision_id = 0;  ///< of the decision that armed it: its name on the host
  std::string name;               ///< a person's rule, or the policy whose lead command it is
  std::string signature;          ///< of the command that fires it
  /// Of the executables that run that command (`sudo` and what it runs have the same signature):
  /// what the kernel side looks at.
  std::vector<std::string> base_names;
  Adjustment adjustment;
  Nanoseconds window{};  ///< from the last firing until the adjustment is taken back
  WallTime expires;      ///< it does not fire any more from here on
  bool dry_run = false;  ///< only tells what it would have done
  bool operator==(const Reflex&) const = default;
};

/// A reflex on a host, and what became of it there.
struct ReflexState {
  Reflex reflex;
  std::uint64_t fired = 0;       ///< times the limit was moved (or would have been)
  std::uint64_t extended = 0;    ///< times the command came again while it was moved
  std::uint64_t needless = 0;    ///< times the limit was as loose already
  std::uint64_t suppressed = 0;  ///< times the host's budget of firings was spent
  std::uint64_t failed = 0;      ///< times the write failed
  std::optional<WallTime> last_fired;
  std::optional<Nanoseconds> last_reaction;  ///< from the exec to the write
  std::optional<WallTime> active_until;      ///< while the limit is moved: when it is taken back
  KnobValue base;                            ///< while active: the limit before
  bool operator==(const ReflexState&) const = default;
};

}  // namespace foreshock
