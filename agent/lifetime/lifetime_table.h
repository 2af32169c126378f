#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/model/process_event.h"
#include "common/model/process_use.h"
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
///  - A fork that never called execve is reported with exec_seen = false, and with the file and
///  words of the command
///    it was forked from where that is known: it runs the same program.
///  - What has been reported and runs on is reported again with its use so far each `interim`,
///  unless it has used nothing since.
///  - What the guard says is to be withheld is not reported, unless it lives long enough for an
///  interim report: it is
///    given to tell_withheld() when it has ended or was superseded.
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

  /// Whether an execution that begins then in that cgroup is to be counted only.
  using Withhold = std::function<bool(std::uint64_t cgroup_id, BootTime time)>;

  /// `find_process` may be empty: then ancestors that are not in the table end an ancestry. Without
  /// `withhold` everything is reported.
  explicit LifetimeTable(std::size_t capacity, FindProcess find_process = {},
                         Nanoseconds interim = std::chrono::minutes(1), Withhold withhold = {});

  void on_exec(const ExecEvent& event, const std::string& cgroup);
  void on_exit(const ExitEvent& event, const std::string& cgroup);

  /// A look at what a process has used; one that is not known yet is a fork. `mark` is the caller's
  /// own, 0 as long as the caller has not set it for this execution. Both hold until the table is
  /// changed; null for a process that has ended by now.
  struct Running {
    const Execution* execution = nullptr;
    std::uint32_t* mark = nullptr;
  };
  Running on_use(const ProcessUse& process, BootTime now, const std::string& cgroup);

  /// As Execution::ancestry: as far up as processes are known. A parent in the table knows its own
  /// since its exec, so that what it descends from is named even where that has ended.
  std::string ancestry_of(const ProcessFacts& facts);
  /// Whether the process is that one or descends from it, as far as processes are known.
  bool descends_from(const ProcessFacts& facts, std::uint32_t pid);

  /// What there is to report, see above: what ended or was superseded, in that order, then what
  /// started and still runs, in the order of execs, then what runs on.
  std::vector<Execution> take_finished_and_started();

  /// Of that only what ended or was superseded. It is the caller's during the call only: what it is
  /// kept in serves what starts next, so that a busy host allocates nothing for it.
  using Tell = std::function<void(Execution&)>;
  void tell_finished(const Tell& tell);
  std::size_t finished() const { return finished_.size(); }

  /// What was withheld and ended, or was superseded without an end, since the last call.
  void tell_withheld(const Tell& tell);

  std::size_t alive() const { return live_.size(); }
  /// How many take_… would return.
  std::size_t pending() const { return finished_.size() + unreported_ + interims_.size(); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  /// What find_process said of an ancestor: most that started a service have ended long ago.
  struct LookedUp {
    ProcessKey asked;
    std::optional<ProcessFacts> facts;
  };
  /// Of an execution that runs: whether it has yet to be reported.
  enum class Telling : std::uint8_t { due, done, withheld };
  struct Live {
    Execution execution;
    Telling telling = Telling::due;
    std::uint32_t mark = 0;
    std::optional<UseSoFar> told{};  ///< with the last report of it
  };
  using LiveList = std::list<Live>;
  using ByPid = std::unordered_map<std::uint32_t, LiveList::iterator>;

  /// What is known about a parent: from the table, or looked up.
  struct Parent {
    const ProcessFacts* facts = nullptr;  ///< null: nothing
    const Execution* running = nullptr;   ///< where it is in the table
  };
  Parent find_parent(const ProcessKey& parent);
  LiveList::iterator find(std::uint32_t pid);
  const Execution* find_running(const ProcessKey& process);
  void append_ancestry(const ProcessFacts& facts, std::string& names);
  void inherit_command(Execution& fork, const ProcessKey& from);
  void tell_interim_if_due(Live& live, const ProcessUse& process, BootTime now);
  bool is_withheld(const Execution& execution) const;
  // What these return is the last of spare_, to be moved to where it belongs.
  LiveList::iterator prepare(const ProcessFacts& facts, BootTime began, const std::string& cgroup);
  LiveList::iterator prepare_exec(const ExecEvent& event, const std::string& cgroup);
  LiveList::iterator prepare_fork(const ProcessFacts& facts, const ProcessKey& from,
                                  const std::string& cgroup);
  void start(LiveList::iterator prepared);
  void begin(LiveList::iterator live);
  void exec_again(LiveList::iterator live, const ExecEvent& event, const std::string& cgroup);
  void finish(LiveList::iterator live, const ExecutionEnd& end);
  void close_without_end(LiveList::iterator live);
  void keep_without_end(LiveList::iterator live);
  void recycle(LiveList& from, LiveList::iterator live);
  void tell_all(LiveList& ended, const Tell& tell);
  void add_to_index(LiveList::iterator live);
  void remove_from_index(LiveList::iterator live);
  void evict_beyond_capacity();
  bool ended_already(const ProcessKey& process) const;
  void remember_end(const ProcessKey& process);

  const std::size_t capacity_;
  const Nanoseconds interim_;
  const FindProcess find_process_;
  const Withhold withhold_;
  /// By process id; emptied when it is full.
  std::unordered_map<std::uint32_t, LookedUp> looked_up_;
  LiveList live_;  ///< forks and what is withheld, then the others in the order of execs: what is
                   ///< not yet reported is at the end
  ByPid by_pid_;
  std::size_t unreported_ = 0;  ///< of live_
  LiveList finished_;
  LiveList withheld_;
  std::vector<Execution> interims_;
  // What was told, for what starts next: a busy host would allocate and free it all the time.
  LiveList spare_;
  std::vector<ByPid::node_type> spare_by_pid_;
  std::vector<ProcessKey> ended_;  ///< slot: pid modulo kEndedSlots
  std::uint64_t evicted_ = 0;
};

}  // namespace foreshock::agent
