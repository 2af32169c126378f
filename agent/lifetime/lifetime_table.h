#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/process_event.h"
#include "common/model/report.h"

namespace foreshock::agent {

/// Joins exec with exit. Holds what is alive, at most `capacity` processes; beyond, the one whose
/// exec is oldest is given up (its exec is reported without an end) and counted. Pure: no clock, no
/// system.
///
/// Each execve is one Execution, named by (process, exec_time):
///  - It is reported once if it outlives the period, and once whole when its process ends. Both in
///  one
///    period: once, whole.
///  - A process that calls execve again begins another Execution. The earlier image never gets an
///  end: what
///    a process used cannot be divided between its images, so the last one has it all
///    (earlier_execs says how many there were). The earlier image is reported without an end,
///    unless it already was.
///  - An end without a known exec (a fork that never called execve) is reported with exec_seen =
///  false.
///  - Events told twice change nothing, and neither does an `existing` process that has already
///  been seen
///    to exec or to end. Remembered for that: the last end of each of kEndedSlots process ids.
///  - /proc knows start times in clock ticks only, so two events of one pid whose starts differ by
///  less
///    than a tick are about one process; it keeps the key that was seen first.
class LifetimeTable {
 public:
  static constexpr std::size_t kEndedSlots = 8192;
  static constexpr std::size_t kMaxAncestors = 8;

  /// Looks a running process up that never called execve, such as a subshell; nullopt: gone.
  using FindProcess = std::function<std::optional<ProcessFacts>(std::uint32_t pid)>;

  /// `find_process` may be empty: then ancestors that are not in the table end an ancestry.
  explicit LifetimeTable(std::size_t capacity, FindProcess find_process = {});

  void on_exec(ExecEvent&& event, std::string cgroup);
  void on_exit(ExitEvent&& event, std::string cgroup);

  /// As Execution::ancestry: as far up as processes are known.
  std::string ancestry_of(const ProcessFacts& facts);
  /// Whether the process is that one or descends from it, as far as processes are known.
  bool descends_from(const ProcessFacts& facts, std::uint32_t pid);

  /// What there is to report, see above: what ended or was superseded, in that order, then what
  /// started and still runs, in the order of execs.
  std::vector<Execution> take_finished_and_started();

  std::size_t alive() const { return live_.size(); }
  /// How many take_… would return.
  std::size_t pending() const { return finished_.size() + unreported_; }
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Live {
    Execution execution;
    bool reported = false;
  };
  using LiveList = std::list<Live>;

  /// What is known about a parent: from the table, or looked up.
  const ProcessFacts* find_parent(const ProcessKey& parent);
  LiveList::iterator find(std::uint32_t pid);
  void start(Execution&& execution);
  void exec_again(LiveList::iterator live, Execution&& next);
  void finish(LiveList::iterator live, ExecutionEnd&& end);
  void close_without_end(LiveList::iterator live);
  Execution remove(LiveList::iterator live);
  void evict_beyond_capacity();
  bool ended_already(const ProcessKey& process) const;
  void remember_end(const ProcessKey& process);

  const std::size_t capacity_;
  const FindProcess find_process_;
  std::unordered_map<std::uint32_t, ProcessFacts> looked_up_;  ///< emptied when it is full
  LiveList live_;  ///< in the order of execs, so what is not yet reported is at the end
  std::unordered_map<std::uint32_t, LiveList::iterator> by_pid_;
  std::size_t unreported_ = 0;  ///< of live_
  std::vector<Execution> finished_;
  std::vector<ProcessKey> ended_;  ///< slot: pid modulo kEndedSlots
  std::uint64_t evicted_ = 0;
};

}  // namespace foreshock::agent
