#include "agent/lifetime/lifetime_table.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace foreshock::agent {
namespace {

/// USER_HZ is 100 on every architecture we run on: /proc rounds start times down to this. The
/// kernel gives pids out in turn, so none is used again within it.
constexpr auto kProcTick = std::chrono::milliseconds(10);
constexpr std::size_t kMaxLookedUp = 4096;

/// Nodes kept for what starts next, and room kept for what ends: an ordinary period's worth.
constexpr std::size_t kSpareNodes = 1024;
constexpr std::size_t kRoomOfReport = 2048;

bool same_process(const ProcessKey& a, const ProcessKey& b) {
  return a.pid == b.pid && std::chrono::abs(a.start - b.start) < kProcTick;
}

Execution make_execution(ExecEvent&& event, const std::string& cgroup) {
  Execution execution;
  execution.facts = std::move(event.facts);
  execution.exec_time = event.time;
  execution.cgroup = cgroup;
  execution.filename = std::move(event.filename);
  execution.argv = std::move(event.argv);
  execution.cwd = std::move(event.cwd);
  execution.tty = std::move(event.tty);
  execution.inputs = event.inputs;
  execution.existing = event.existing;
  return execution;
}

ExecutionEnd end_of(const ExitEvent& event) {
  return {event.time, event.wait_status, event.use, event.use_known, event.connections};
}

Execution make_execution_without_exec(ExitEvent&& event, const std::string& cgroup) {
  Execution execution;
  execution.exec_time = event.facts.process.start;
  execution.facts = std::move(event.facts);
  execution.cgroup = cgroup;
  execution.exec_seen = false;
  execution.end = end_of(event);
  return execution;
}

/// Begun with the room that a busy second needs, at the first one: the memory of the last report's
/// is free again by then, and growing would go through as much once more.
void add_to(std::vector<Execution>& executions, Execution&& execution) {
  if (executions.capacity() == 0) executions.reserve(kRoomOfReport);
  executions.push_back(std::move(execution));
}

/// A short process's cgroup is sometimes known only at its end.
void fill_in_cgroup(Execution& execution, const ExitEvent& exit, const std::string& cgroup) {
  if (!execution.cgroup.empty() || cgroup.empty()) return;
  execution.facts.cgroup_id = exit.facts.cgroup_id;
  execution.cgroup = cgroup;
}

}  // namespace

LifetimeTable::LifetimeTable(std::size_t capacity, FindProcess find_process, Nanoseconds interim,
                             Withhold withhold)
    : capacity_(capacity),
      interim_(interim),
      find_process_(std::move(find_process)),
      withhold_(std::move(withhold)),
      ended_(kEndedSlots) {}

void LifetimeTable::on_exec(ExecEvent&& event, const std::string& cgroup) {
  const ProcessKey process = event.facts.process;
  if (ended_already(process)) return;
  Execution execution = make_execution(std::move(event), cgroup);
  execution.ancestry = ancestry_of(execution.facts);
  const auto live = find(process.pid);
  if (live == live_.end()) return start(std::move(execution));
  if (same_process(live->execution.facts.process, process))
    return exec_again(live, std::move(execution));
  if (process.start < live->execution.facts.process.start) {
    // Of a process that must have ended: its pid has a later owner.
    add_to(finished_, std::move(execution));
    return;
  }
  close_without_end(live);  // its exit was lost
  start(std::move(execution));
}

void LifetimeTable::on_exit(ExitEvent&& event, const std::string& cgroup) {
  const ProcessKey process = event.facts.process;
  if (ended_already(process)) return;
  remember_end(process);
  const auto live = find(process.pid);
  if (live != live_.end()) {
    if (same_process(live->execution.facts.process, process)) {
      fill_in_cgroup(live->execution, event, cgroup);
      if (!event.status_known) return close_without_end(live);
      return finish(live, end_of(event));
    }
    if (live->execution.facts.process.start < process.start)
      close_without_end(live);  // its exit was lost
  }
  if (!event.status_known) return;
  const auto forked_from = event.forked_from.value_or(event.facts.parent);
  Execution fork = make_execution_without_exec(std::move(event), cgroup);
  inherit_command(fork, forked_from);
  if (is_withheld(fork)) {
    add_to(withheld_, std::move(fork));
    return;
  }
  fork.ancestry = ancestry_of(fork.facts);
  add_to(finished_, std::move(fork));
}

LifetimeTable::Running LifetimeTable::on_use(const ProcessUse& process, BootTime now,
                                             const std::string& cgroup) {
  const ProcessKey& key = process.facts.process;
  auto live = find(key.pid);
  if (live == live_.end() || !same_process(live->execution.facts.process, key)) {
    // Ended, or of a pid that has a later owner.
    if (ended_already(key) ||
        (live != live_.end() && key.start < live->execution.facts.process.start))
      return {};
    if (live != live_.end()) close_without_end(live);  // its exit was lost
    if (live_.size() >= capacity_) return {};
    Execution fork;
    fork.facts = process.facts;
    fork.exec_time = key.start;
    fork.cgroup = cgroup;
    fork.exec_seen = false;
    inherit_command(fork, process.facts.parent);
    fork.ancestry = ancestry_of(fork.facts);
    live = insert(live_.begin(), std::move(fork));
    live->telling =
        Telling::done;  // most forks call execve at once: told when it lasts, and at its end
  }
  tell_interim_if_due(*live, process, now);
  return {&live->execution, &live->mark};
}

void LifetimeTable::tell_interim_if_due(Live& live, const ProcessUse& process, BootTime now) {
  if (live.telling == Telling::due) return;
  if (!live.told) live.told = UseSoFar{now, process.use};
  if (now - live.told->time < interim_ || live.told->use == process.use) return;
  live.told = UseSoFar{now, process.use};
  live.execution.so_far = live.told;
  live.telling = Telling::done;
  interims_.push_back(live.execution);
}

const Execution* LifetimeTable::find_running(const ProcessKey& process) {
  const auto live = find(process.pid);
  if (live == live_.end() || !same_process(live->execution.facts.process, process)) return nullptr;
  return &live->execution;
}

/// A fork has its parent's name, until one of the two changes it: a parent of another name may be
/// whoever takes in orphans.
void LifetimeTable::inherit_command(Execution& fork, const ProcessKey& from) {
  const Execution* const origin = find_running(from);
  if (origin == nullptr || origin->facts.comm != fork.facts.comm) return;
  fork.filename = origin->filename;
  fork.argv = origin->argv;
}

std::vector<Execution> LifetimeTable::take_finished_and_started() {
  auto result = std::exchange(finished_, {});
  result.reserve(result.size() + unreported_);
  for (auto live = std::prev(live_.end(), static_cast<std::ptrdiff_t>(unreported_));
       live != live_.end(); ++live) {
    result.push_back(live->execution);
    live->telling = Telling::done;
  }
  unreported_ = 0;
  std::ranges::move(interims_, std::back_inserter(result));
  interims_.clear();
  return result;
}

std::vector<Execution> LifetimeTable::take_withheld() {
  return std::exchange(withheld_, {});
}

bool LifetimeTable::is_withheld(const Execution& execution) const {
  return withhold_ && !execution.existing &&
         withhold_(execution.facts.cgroup_id, execution.exec_time);
}

LifetimeTable::LiveList::iterator LifetimeTable::find(std::uint32_t pid) {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? live_.end() : found->second;
}

const ProcessFacts* LifetimeTable::find_parent(const ProcessKey& parent) {
  // A later owner of the process id; a start of zero is one that /proc did not tell.
  const auto is_wanted = [&parent](const ProcessFacts& facts) {
    const bool known_start = parent.start.time_since_epoch().count() != 0;
    return !known_start || same_process(facts.process, parent);
  };
  if (const auto live = by_pid_.find(parent.pid); live != by_pid_.end()) {
    const ProcessFacts& facts = live->second->execution.facts;
    return is_wanted(facts) ? &facts : nullptr;
  }
  if (!find_process_) return nullptr;
  auto known = looked_up_.find(parent.pid);
  const auto answers = [&](const LookedUp& earlier) {
    return earlier.asked == parent || (earlier.facts && is_wanted(*earlier.facts));
  };
  if (known == looked_up_.end() || !answers(known->second)) {
    if (looked_up_.size() >= kMaxLookedUp) looked_up_.clear();
    auto found = find_process_(parent.pid);
    if (found && !is_wanted(*found)) found.reset();
    known = looked_up_.insert_or_assign(parent.pid, LookedUp{parent, std::move(found)}).first;
  }
  return known->second.facts ? &*known->second.facts : nullptr;
}

std::string LifetimeTable::ancestry_of(const ProcessFacts& facts) {
  std::string names;
  ProcessKey wanted = facts.parent;
  for (std::size_t i = 0; i < kMaxAncestors && wanted.pid != 0; ++i) {
    const ProcessFacts* ancestor = find_parent(wanted);
    if (ancestor == nullptr) break;
    names += ancestor->comm;
    names += '\0';
    if (ancestor->parent.pid == wanted.pid) break;
    wanted = ancestor->parent;
  }
  return names;
}

bool LifetimeTable::descends_from(const ProcessFacts& facts, std::uint32_t pid) {
  constexpr std::size_t kDeepest = 64;
  if (facts.process.pid == pid) return true;
  ProcessKey wanted = facts.parent;
  for (std::size_t i = 0; i < kDeepest && wanted.pid != 0; ++i) {
    if (wanted.pid == pid) return true;
    const ProcessFacts* ancestor = find_parent(wanted);
    if (ancestor == nullptr || ancestor->parent.pid == wanted.pid) return false;
    wanted = ancestor->parent;
  }
  return false;
}

void LifetimeTable::start(Execution&& execution) {
  begin(insert(live_.end(), std::move(execution)));
  evict_beyond_capacity();
}

void LifetimeTable::begin(LiveList::iterator live) {
  const bool withheld = is_withheld(live->execution);
  live->telling = withheld ? Telling::withheld : Telling::due;
  live_.splice(withheld ? live_.begin() : live_.end(), live_, live);
  if (!withheld) ++unreported_;
}

LifetimeTable::LiveList::iterator LifetimeTable::insert(LiveList::iterator before,
                                                        Execution&& execution) {
  const auto pid = execution.facts.process.pid;
  LiveList::iterator live;
  if (spare_live_.empty()) {
    live = live_.insert(before, {.execution = std::move(execution)});
  } else {
    live = spare_live_.begin();
    live_.splice(before, spare_live_, live);
    live->restart(std::move(execution));
  }
  if (spare_by_pid_.empty()) {
    by_pid_.emplace(pid, live);
  } else {
    spare_by_pid_.back().key() = pid;
    spare_by_pid_.back().mapped() = live;
    by_pid_.insert(std::move(spare_by_pid_.back()));
    spare_by_pid_.pop_back();
  }
  return live;
}

void LifetimeTable::exec_again(LiveList::iterator live, Execution&& next) {
  Execution& current = live->execution;
  if (next.existing || next.exec_time <= current.exec_time) return;  // told already
  // /proc was read after the exec but before its event: one image, told first by /proc.
  const bool same_image =
      current.existing && live->telling == Telling::due && current.argv == next.argv;
  if (!current.exec_seen) {
    // A fork, seen by a look at all processes before it called execve: the command begins here.
    if (live->telling == Telling::due) --unreported_;
    next.facts.process = current.facts.process;
    live->restart(std::move(next));
    return begin(live);
  }
  next.earlier_execs = current.earlier_execs + (same_image ? 0 : 1);
  next.facts.process = current.facts.process;
  if (live->telling == Telling::due) --unreported_;
  if (!same_image) keep_without_end(std::move(current), live->telling);
  live->restart(std::move(next));
  begin(live);
}

/// Once is enough for what was reported when it began.
void LifetimeTable::keep_without_end(Execution&& execution, Telling telling) {
  if (telling == Telling::done) return;
  add_to(telling == Telling::withheld ? withheld_ : finished_, std::move(execution));
}

void LifetimeTable::finish(LiveList::iterator live, ExecutionEnd&& end) {
  Execution& execution = live->execution;
  execution.end = end;
  execution.so_far.reset();
  add_to(live->telling == Telling::withheld ? withheld_ : finished_, std::move(execution));
  remove(live);
}

void LifetimeTable::close_without_end(LiveList::iterator live) {
  keep_without_end(std::move(live->execution), live->telling);
  remove(live);
}

/// Its strings may have been moved away; who it is has not.
void LifetimeTable::remove(LiveList::iterator live) {
  if (live->telling == Telling::due) --unreported_;
  auto by_pid = by_pid_.extract(live->execution.facts.process.pid);
  if (spare_by_pid_.size() < kSpareNodes) {
    spare_live_.splice(spare_live_.end(), live_, live);
    spare_by_pid_.push_back(std::move(by_pid));
  } else {
    live_.erase(live);
  }
}

void LifetimeTable::evict_beyond_capacity() {
  while (live_.size() > capacity_) {
    close_without_end(live_.begin());
    ++evicted_;
  }
}

bool LifetimeTable::ended_already(const ProcessKey& process) const {
  return same_process(ended_[process.pid % kEndedSlots], process);
}

void LifetimeTable::remember_end(const ProcessKey& process) {
  ended_[process.pid % kEndedSlots] = process;
}

}  // namespace foreshock::agent
