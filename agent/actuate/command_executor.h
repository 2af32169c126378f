#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
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
