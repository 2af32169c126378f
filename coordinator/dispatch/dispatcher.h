#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/model/command.h"
#include "coordinator/decide/decision_log.h"

namespace foreshock::coordinator {

/// Brings recorded decisions to the agents: each becomes one command with the decision's id, this
/// life's epoch and a time to live; sent again until the agent reports an outcome or the time is
/// over. Pure apart from `send`; one thread.
class Dispatcher {
 public:
  struct Options {
    std::chrono::nanoseconds time_to_live = std::chrono::seconds(15);
    std::chrono::nanoseconds resend_after = std::chrono::seconds(3);
  };
  /// False: not now; it is tried again on the next turn.
  using Send = std::function<bool(const std::string& public_key, const Command& command)>;

  Dispatcher(Options options, std::uint64_t epoch, Send send);

  /// Carries out the decision on the agent with this key: its action, or the reflex that it arms or
  /// disarms. A decision without any of these, or an action that is not in `auto`, is a broken
  /// invariant of the caller.
  void submit(const RecordedDecision& decision, const std::string& public_key, WallTime now);

  /// Sends again what got no answer. Returns an outcome "failed: no answer …" for each command
  /// whose time is over.
  std::vector<ActionOutcome> tick(WallTime now);

  /// The agent answered. False when the command is not (or no longer) under way.
  bool on_outcome(const ActionOutcome& outcome);

  /// A command under way.
  std::optional<Command> find(std::uint64_t command_id) const;
  /// The value a command under way asks for: what the limit is about to be. Absent: nothing is
  /// under way.
  std::optional<KnobValue> pending_value(const std::string& public_key, const std::string& cgroup,
                                         Knob knob) const;
  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  struct InFlight {
    std::string public_key;
    Command command;
    std::optional<WallTime> last_sent;
  };

  const Options options_;
  const std::uint64_t epoch_;
  const Send send_;
  std::map<std::uint64_t, InFlight> in_flight_;
};

}  // namespace foreshock::coordinator
