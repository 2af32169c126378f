#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// Counts since the source was made.
struct EventSourceStats {
  std::uint64_t execs = 0;
  std::uint64_t exits = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t lost_execs =
      0;  ///< dropped in the kernel: ring full, or a probe run that was skipped
  std::uint64_t lost_exits = 0;
};

/// Where process events come from. One thread, except where noted.
///
/// Events are read in order and stay the source's until they are released: what was drained but not
/// released is delivered again after a crash (where the source can: the BPF source with pinned
/// maps).
class EventSource {
 public:
  /// False: not now; the event is not consumed and draining ends.
  using Sink = std::function<bool(ProcessEvent&&)>;

  virtual ~EventSource() = default;

  /// "bpf", "proc_connector", "audit_log", "replay", …
  virtual std::string name() const = 0;
  /// What it cannot see, for people; empty: nothing is missing.
  virtual std::vector<std::string> blind_spots() const { return {}; }
  /// Becomes readable (watch it edge-triggered: what is drained but not released keeps it readable)
  /// when draining at once is worth it; otherwise drain on a timer. -1: never.
  virtual int ready_fd() const = 0;
  /// Hands every event that is there to the sink; returns how many.
  virtual Result<std::size_t> drain(const Sink& sink) = 0;
  /// A mark after the last event drained.
  virtual std::uint64_t position() const = 0;
  /// What was drained up to this mark is safe elsewhere; its space may be used again.
  virtual void release_through(std::uint64_t position) = 0;
  /// Executables (base names) whose exec makes ready_fd() readable at once.
  virtual Result<void> watch_names(const std::vector<std::string>& base_names) = 0;
  virtual EventSourceStats stats() const = 0;
  /// Whether it goes on where an agent that died left off.
  virtual bool resumed() const { return false; }
  /// Ends capturing; nothing of ours stays in the kernel after this process. What was captured
  /// until now can still be drained.
  virtual Result<void> detach() { return {}; }
};

}  // namespace foreshock::agent
