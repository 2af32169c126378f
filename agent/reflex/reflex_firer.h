#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cgroup/knob_file.h"
#include "common/base/clock.h"
#include "common/model/process_event.h"
#include "common/model/reflex.h"
#include "common/signature/signature_rules.h"
#include "common/sync/bounded_queue.h"
#include "common/sync/snapshot.h"

namespace foreshock::agent {

/// A reflex that is armed: its bounds were judged, what it moves can be undone, its file is open.
struct ReflexTrigger {
  Reflex reflex;
  std::shared_ptr<const KnobFile> file;
};

/// What the capture thread looks at; published as a whole.
struct ReflexTriggers {
  std::uint64_t version = 0;
  std::vector<ReflexTrigger> triggers;
};

/// What happened when a reflex's command was executed.
struct ReflexFiring {
  enum class Effect : std::uint8_t {
    moved,       ///< the limit was written
    would_move,  ///< dry run
    needless,    ///< it is as loose already
    suppressed,  ///< the budget is spent
    failed,
  };
  std::uint64_t decision_id = 0;
  Effect effect = Effect::failed;
  BootTime exec_time;
  Nanoseconds reaction{};  ///< from the exec until the write had returned
  KnobValue before;
  std::string problem;  ///< why it failed
  std::string command;  ///< redacted, cut: for people
  std::uint32_t pid = 0;
};

/// Answers an exec at once: looks its signature up and writes the limit through the file that is
/// held open. Read-back and book-keeping are left to whoever takes the firings.
///
/// on_exec() and watched_names() belong to the capture thread, the rest is for any other.
class ReflexFirer {
 public:
  struct Options {
    std::uint32_t firings_per_minute = 60;  ///< of all reflexes together; 0: none
    std::size_t queued_firings = 1024;
  };
  explicit ReflexFirer(const Clock& clock, Options options);
  explicit ReflexFirer(const Clock& clock) : ReflexFirer(clock, Options{}) {}

  void set_triggers(std::vector<ReflexTrigger> triggers);
  std::vector<ReflexFiring> take_firings() { return firings_.drain(); }
  std::uint64_t lost_firings() const { return lost_firings_.load(std::memory_order_relaxed); }

  /// The executables to watch for, when they are others than at the last call.
  std::optional<std::vector<std::string>> take_changed_names();
  /// True when something was fired that should be looked at soon. `rules` name the command.
  bool on_exec(const ExecEvent& event, const SignatureRules& rules);

 private:
  bool fire(const ReflexTrigger& trigger, const ExecEvent& event);
  bool take_from_budget(BootTime now);

  const Clock& clock_;
  const Options options_;
  Snapshot<ReflexTriggers> published_;
  BoundedQueue<ReflexFiring> firings_;
  std::atomic<std::uint64_t> lost_firings_{0};
  // The capture thread's.
  std::shared_ptr<const ReflexTriggers> triggers_;
  double budget_;
  BootTime budget_at_;
};

}  // namespace foreshock::agent
