#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "agent/actuate/actuator.h"
#include "agent/actuate/guardrails.h"
#include "agent/actuate/undo_journal.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Carries out commands: guardrails, journal, write, read back. Each command has exactly one outcome, a
/// repeated command gets the same one again. One thread.
class CommandExecutor {
 public:
  /// `journal` outlives the executor.
  CommandExecutor(CgroupLayout layout, std::vector<std::unique_ptr<Actuator>> actuators, GuardrailConfig config,
                  UndoJournal& journal);

  ActionOutcome execute(const Command& command, WallTime now);
  /// Puts every knob of the journal back (a target that is gone is done); what could not be restored stays in it.
  std::vector<ActionOutcome> restore_all(WallTime now);

 private:
  Actuator* find_actuator(Knob knob);

  CgroupLayout layout_;
  std::vector<std::unique_ptr<Actuator>> actuators_;
  GuardrailConfig config_;
  UndoJournal& journal_;
  std::map<std::uint64_t, ActionOutcome> recent_;
  std::deque<std::uint64_t> recent_order_;
};

}  // namespace foreshock::agent
