#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/model/reflex.h"

namespace foreshock::agent {

/// The reflexes of this host: which are armed, which have a limit moved, and until when. Pure: what
/// is to be written comes out as values. One thread.
class ReflexTable {
 public:
  explicit ReflexTable(std::size_t most) : most_(most) {}

  /// Whether one more fits; one that replaces another always does.
  bool has_room_for(const Reflex& reflex) const;
  /// What it replaces is returned: its window has to be ended first.
  void arm(Reflex reflex);
  /// As it was before a restart.
  void resume(ReflexState state) { states_.push_back(std::move(state)); }
  void remove(std::uint64_t decision_id);
  const ReflexState* find(std::uint64_t decision_id) const;
  /// The reflex of the same signature, cgroup and knob.
  const ReflexState* find_same(const Reflex& reflex) const;

  /// The limit was moved (or would have been) from `before`. Returns the state after it.
  const ReflexState* on_moved(std::uint64_t decision_id, KnobValue before, Nanoseconds reaction,
                              WallTime now);
  /// The command came while the limit was as loose already. When the reflex itself, or another one
  /// of the same value, has moved it, its window begins anew.
  void on_needless(std::uint64_t decision_id, WallTime now);
  void on_suppressed(std::uint64_t decision_id);
  void on_failed(std::uint64_t decision_id);

  /// A window that is over: the limit goes from `expected` (else somebody else has moved it since,
  /// and it is left alone) to `next`. Equal: another reflex still wants it as it is.
  struct Ending {
    Reflex reflex;
    KnobValue expected;
    KnobValue next;
  };
  std::vector<Ending> take_over(WallTime now);
  /// Before its time: it is disarmed or replaced.
  std::optional<Ending> end(std::uint64_t decision_id);
  /// Those that have expired and move nothing any more; they are removed.
  std::vector<Reflex> take_expired(WallTime now);

  const std::vector<ReflexState>& states() const { return states_; }

 private:
  ReflexState* find_mutable(std::uint64_t decision_id);
  Ending make_ending(ReflexState& state);
  KnobValue loosest_active(const Adjustment& adjustment, KnobValue base) const;

  std::size_t most_;
  std::vector<ReflexState> states_;
};

}  // namespace foreshock::agent
