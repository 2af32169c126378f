#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/actuate/command_executor.h"
#include "agent/reflex/reflex_firer.h"
#include "agent/reflex/reflex_table.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// This host's reflexes, on the thread `loop`: arms what commands ask for, keeps the books of what
/// the capture thread has fired, takes it back when its time is over, and has all of it on disk, so
/// that reflexes outlive the agent and work without a coordinator.
class LocalReflexes {
 public:
  struct Options {
    std::string state_file;      ///< empty: not kept over a restart
    std::size_t max_armed = 64;  ///< 0: none may be armed
    BootId boot_id;
  };
  /// Borrowed; both outlive it.
  struct Parts {
    CommandExecutor& executor;
    ReflexFirer& firer;
  };
  LocalReflexes(Options options, Parts parts);

  /// Arms what an earlier life of this boot has left. Errors are for the log: it begins without.
  Result<void> resume(WallTime now);
  /// ArmReflex and DisarmReflex.
  ActionOutcome execute(const Command& command, WallTime now);
  /// The owner's bounds have changed: what is outside of them is taken back and forgotten.
  void judge_again(WallTime now);
  /// What was fired since the last call, read back.
  std::vector<ActionOutcome> take_fired(WallTime now);
  /// What is over is taken back.
  std::vector<ActionOutcome> end_due(WallTime now);

  const std::vector<ReflexState>& states() const { return table_.states(); }
  /// Why the reflexes are not on disk; empty: they are.
  const std::string& problem() const { return problem_; }

 private:
  void arm(const Reflex& reflex, ActionOutcome& outcome, WallTime now);
  void forget(const Reflex& reflex, WallTime now);
  void release_undo(const Reflex& reflex);
  void disarm(std::uint64_t decision_id, ActionOutcome& outcome, WallTime now);
  void resume_one(ReflexState state, WallTime now);
  std::optional<ActionOutcome> on_firing(const ReflexFiring& firing, WallTime now);
  ActionOutcome end(const ReflexTable::Ending& ending, WallTime now);
  void publish();
  void save();

  const Options options_;
  const Parts parts_;
  ReflexTable table_;
  std::map<std::uint64_t, std::shared_ptr<const KnobFile>> files_;  ///< by decision
  std::string problem_;
};

}  // namespace foreshock::agent
