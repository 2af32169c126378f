#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/actuate/actuator.h"
#include "agent/actuate/guardrails.h"
#include "agent/actuate/undo_journal.h"
#include "agent/cgroup/layout.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Carries out commands: guardrails, journal, write, read back. Each command has exactly one
/// outcome; a repeated one of the last thousand gets the same one again, an older one is carried
/// out again, which changes nothing. One thread.
class CommandExecutor {
 public:
  /// `journal` outlives the executor. `config.protected_patterns` should hold patterns_protecting()
  /// of the agent's own cgroup.
  CommandExecutor(CgroupLayout layout, std::vector<std::unique_ptr<Actuator>> actuators,
                  GuardrailConfig config, UndoJournal& journal);

  ActionOutcome execute(const Command& command, WallTime now);

  // Reflexes: what they move is judged and can be undone before they are armed.

  /// Judges a command about a reflex and obeys its epoch; when it arms one, the undo entry is
  /// durable afterwards. The outcome says `applied` when the reflex may be armed or forgotten.
  ActionOutcome prepare_reflex(const Command& command, WallTime now);
  /// Whether it may stay armed, by the bounds as they are now.
  Verdict judge_reflex(const Reflex& reflex, WallTime now) const;
  /// The file that the reflex will write.
  Result<KnobFile> hold(const CgroupTarget& target, Knob knob) const;
  /// After a reflex has written: reads back, writes again where the kernel's value is another one,
  /// and remembers what was written.
  ActionOutcome confirm_reflex(const Reflex& reflex, KnobValue before, WallTime now);
  /// A reflex's window is over: the limit goes from `expected` to `next`; one that is neither was
  /// moved by somebody else and is left alone.
  ActionOutcome end_reflex(const Reflex& reflex, KnobValue expected, KnobValue next, WallTime now);
  /// What the knob was before anybody's first adjustment, where that is remembered.
  std::optional<KnobValue> original_of(const CgroupTarget& target, Knob knob) const;
  /// A reflex that moves nothing is forgotten: so is its undo entry, where nothing was ever
  /// written.
  void forget_reflex(const Reflex& reflex);

  /// For the commands that come from now on.
  void set_guardrails(GuardrailConfig config) { config_ = std::move(config); }
  /// Puts every knob of the journal back (a target that is gone is done); what could not be
  /// restored, or would now harm the workload, stays in it. The outcomes have no command's id.
  std::vector<ActionOutcome> restore_all(WallTime now);

 private:
  ActionOutcome carry_out(const Command& command, WallTime now);
  void adjust(const Adjustment& adjustment, ActionOutcome& outcome);
  void restore(const CgroupTarget& target, Knob knob, ActionOutcome& outcome);

  TargetState look_at(const CgroupTarget& target, Knob knob) const;
  Result<void> record(const CgroupTarget& target, Knob knob, KnobValue original, KnobValue next);
  KnobValue take_back(const CgroupTarget& target, Knob knob, KnobValue before, bool first_touch);
  Result<void> keep_original(const Reflex& reflex, KnobValue current);
  void forget_vanished();
  Actuator* find_actuator(Knob knob) const;

  CgroupLayout layout_;
  std::vector<std::unique_ptr<Actuator>> actuators_;
  GuardrailConfig config_;
  UndoJournal& journal_;
  std::map<std::uint64_t, ActionOutcome> recent_;
  std::deque<std::uint64_t> recent_order_;
};

}  // namespace foreshock::agent
