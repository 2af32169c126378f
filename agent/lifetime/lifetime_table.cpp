#include "agent/lifetime/lifetime_table.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

namespace foreshock::agent {
namespace {

/// USER_HZ is 100 on every architecture we run on: /proc rounds start times down to this. The
/// kernel gives pids out in turn, so none is used again within it.
constexpr auto kProcTick = std::chrono::milliseconds(10);
constexpr std::size_t kMaxLookedUp = 4096;

/// Kept for what starts next: an ordinary second's worth.
constexpr std::size_t kSpareNodes = 1024;
/// One with more words than this is not.
constexpr std::size_t kSpareWords = 1024;

bool same_process(const ProcessKey& a, const ProcessKey& b) {
  return a.pid == b.pid && std::chrono::abs(a.start - b.start) < kProcTick;
}

ExecutionEnd end_of(const ExitEvent& event) {
  return {event.time, event.wait_status, event.use, event.use_known, event.connections};
}

std::string_view first_names(std::string_view names, std::size_t most) {
  std::size_t end = 0;
  for (; most > 0 && end < names.size(); --most) end = names.find('\0', end) + 1;
  return names.substr(0, end);
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

void LifetimeTable::on_exec(const ExecEvent& event, const std::string& cgroup) {
  const ProcessKey process = event.facts.process;
  if (ended_already(process)) return;
  const auto live = find(process.pid);
  if (live == live_.end()) return start(prepare_exec(event, cgroup));
  if (same_process(live->execution.facts.process, process)) return exec_again(live, event, cgroup);
  if (process.start < live->execution.facts.process.start) {
    // Of a process that must have ended: its pid has a later owner.
    finished_.splice(finished_.end(), spare_, prepare_exec(event, cgroup));
    return;
  }
  close_without_end(live);  // its exit was lost
  start(prepare_exec(event, cgroup));
}

void LifetimeTable::on_exit(const ExitEvent& event, const std::string& cgroup) {
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
  const auto fork =
      prepare_fork(event.facts, event.forked_from.value_or(event.facts.parent), cgroup);
  fork->execution.end = end_of(event);
  auto& ended = is_withheld(fork->execution) ? withheld_ : finished_;
  ended.splice(ended.end(), spare_, fork);
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
    live = prepare_fork(process.facts, process.facts.parent, cgroup);
    live_.splice(live_.begin(), spare_, live);
    add_to_index(live);
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
  std::vector<Execution> result;
  result.reserve(pending());
  tell_finished([&result](Execution& execution) { result.push_back(std::move(execution)); });
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

void LifetimeTable::tell_finished(const Tell& tell) {
  tell_all(finished_, tell);
}

void LifetimeTable::tell_withheld(const Tell& tell) {
  tell_all(withheld_, tell);
}

void LifetimeTable::tell_all(LiveList& ended, const Tell& tell) {
  while (!ended.empty()) {
    tell(ended.front().execution);
    recycle(ended, ended.begin());
  }
}

bool LifetimeTable::is_withheld(const Execution& execution) const {
  return withhold_ && !execution.existing &&
         withhold_(execution.facts.cgroup_id, execution.exec_time);
}

LifetimeTable::LiveList::iterator LifetimeTable::find(std::uint32_t pid) {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? live_.end() : found->second;
}

LifetimeTable::Parent LifetimeTable::find_parent(const ProcessKey& parent) {
  // A later owner of the process id; a start of zero is one that /proc did not tell.
  const auto is_wanted = [&parent](const ProcessFacts& facts) {
    const bool known_start = parent.start.time_since_epoch().count() != 0;
    return !known_start || same_process(facts.process, parent);
  };
  if (const auto live = by_pid_.find(parent.pid); live != by_pid_.end()) {
    const Execution& running = live->second->execution;
    return is_wanted(running.facts) ? Parent{&running.facts, &running} : Parent{};
  }
  if (!find_process_) return {};
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
  return {known->second.facts ? &*known->second.facts : nullptr, nullptr};
}

std::string LifetimeTable::ancestry_of(const ProcessFacts& facts) {
  std::string names;
  append_ancestry(facts, names);
  return names;
}

void LifetimeTable::append_ancestry(const ProcessFacts& facts, std::string& names) {
  ProcessKey wanted = facts.parent;
  for (std::size_t i = 0; i < kMaxAncestors && wanted.pid != 0; ++i) {
    const Parent ancestor = find_parent(wanted);
    if (ancestor.facts == nullptr) break;
    names += ancestor.facts->comm;
    names += '\0';
    if (ancestor.running != nullptr) {
      names += first_names(ancestor.running->ancestry, kMaxAncestors - i - 1);
      break;
    }
    if (ancestor.facts->parent.pid == wanted.pid) break;
    wanted = ancestor.facts->parent;
  }
}

bool LifetimeTable::descends_from(const ProcessFacts& facts, std::uint32_t pid) {
  constexpr std::size_t kDeepest = 64;
  if (facts.process.pid == pid) return true;
  ProcessKey wanted = facts.parent;
  for (std::size_t i = 0; i < kDeepest && wanted.pid != 0; ++i) {
    if (wanted.pid == pid) return true;
    const ProcessFacts* const ancestor = find_parent(wanted).facts;
    if (ancestor == nullptr || ancestor->parent.pid == wanted.pid) return false;
    wanted = ancestor->parent;
  }
  return false;
}

/// As new in everything but the room of its texts.
LifetimeTable::LiveList::iterator LifetimeTable::prepare(const ProcessFacts& facts, BootTime began,
                                                         const std::string& cgroup) {
  if (spare_.empty()) spare_.emplace_back();
  const auto prepared = std::prev(spare_.end());
  prepared->telling = Telling::due;
  prepared->mark = 0;
  prepared->told.reset();
  Execution& execution = prepared->execution;
  execution.facts = facts;
  execution.exec_time = began;
  execution.cgroup = cgroup;
  execution.filename.clear();
  execution.argv.words.clear();
  execution.argv.true_bytes = 0;
  execution.argv.redacted = false;
  execution.cwd.clear();
  execution.tty.clear();
  execution.ancestry.clear();
  execution.inputs.reset();
  execution.binary = 0;
  execution.existing = false;
  execution.exec_seen = true;
  execution.earlier_execs = 0;
  execution.so_far.reset();
  execution.end.reset();
  return prepared;
}

LifetimeTable::LiveList::iterator LifetimeTable::prepare_exec(const ExecEvent& event,
                                                              const std::string& cgroup) {
  const auto prepared = prepare(event.facts, event.time, cgroup);
  Execution& execution = prepared->execution;
  execution.filename = event.filename;
  execution.argv = event.argv;
  execution.cwd = event.cwd;
  execution.tty = event.tty;
  execution.inputs = event.inputs;
  execution.existing = event.existing;
  append_ancestry(event.facts, execution.ancestry);
  return prepared;
}

LifetimeTable::LiveList::iterator LifetimeTable::prepare_fork(const ProcessFacts& facts,
                                                              const ProcessKey& from,
                                                              const std::string& cgroup) {
  const auto prepared = prepare(facts, facts.process.start, cgroup);
  Execution& execution = prepared->execution;
  execution.exec_seen = false;
  inherit_command(execution, from);
  append_ancestry(facts, execution.ancestry);
  return prepared;
}

void LifetimeTable::start(LiveList::iterator prepared) {
  live_.splice(live_.end(), spare_, prepared);
  add_to_index(prepared);
  begin(prepared);
  evict_beyond_capacity();
}

void LifetimeTable::begin(LiveList::iterator live) {
  const bool withheld = is_withheld(live->execution);
  live->telling = withheld ? Telling::withheld : Telling::due;
  live_.splice(withheld ? live_.begin() : live_.end(), live_, live);
  if (!withheld) ++unreported_;
}

void LifetimeTable::exec_again(LiveList::iterator live, const ExecEvent& event,
                               const std::string& cgroup) {
  const Execution& current = live->execution;
  if (event.existing || event.time <= current.exec_time) return;  // told already
  const auto next = prepare_exec(event, cgroup);
  next->execution.facts.process = current.facts.process;
  // /proc was read after the exec but before its event: one image, told first by /proc.
  const bool same_image =
      current.existing && live->telling == Telling::due && current.argv == event.argv;
  // A fork, seen by a look at all processes before it called execve: the command begins here.
  const bool was_fork = !current.exec_seen;
  if (!was_fork) next->execution.earlier_execs = current.earlier_execs + (same_image ? 0 : 1);
  remove_from_index(live);
  live_.splice(live_.end(), spare_, next);
  add_to_index(next);
  if (was_fork || same_image) {
    recycle(live_, live);
  } else {
    keep_without_end(live);
  }
  begin(next);
}

void LifetimeTable::finish(LiveList::iterator live, const ExecutionEnd& end) {
  live->execution.end = end;
  live->execution.so_far.reset();
  remove_from_index(live);
  auto& ended = live->telling == Telling::withheld ? withheld_ : finished_;
  ended.splice(ended.end(), live_, live);
}

void LifetimeTable::close_without_end(LiveList::iterator live) {
  remove_from_index(live);
  keep_without_end(live);
}

/// Once is enough for what was reported when it began.
void LifetimeTable::keep_without_end(LiveList::iterator live) {
  if (live->telling == Telling::done) return recycle(live_, live);
  auto& ended = live->telling == Telling::withheld ? withheld_ : finished_;
  ended.splice(ended.end(), live_, live);
}

void LifetimeTable::recycle(LiveList& from, LiveList::iterator live) {
  if (spare_.size() < kSpareNodes && live->execution.argv.words.capacity() <= kSpareWords) {
    spare_.splice(spare_.end(), from, live);
  } else {
    from.erase(live);
  }
}

void LifetimeTable::add_to_index(LiveList::iterator live) {
  const auto pid = live->execution.facts.process.pid;
  if (spare_by_pid_.empty()) {
    by_pid_.emplace(pid, live);
    return;
  }
  spare_by_pid_.back().key() = pid;
  spare_by_pid_.back().mapped() = live;
  by_pid_.insert(std::move(spare_by_pid_.back()));
  spare_by_pid_.pop_back();
}

/// What was yet to be reported of it is now told with its end, or never.
void LifetimeTable::remove_from_index(LiveList::iterator live) {
  if (live->telling == Telling::due) --unreported_;
  auto by_pid = by_pid_.extract(live->execution.facts.process.pid);
  if (spare_by_pid_.size() < kSpareNodes) spare_by_pid_.push_back(std::move(by_pid));
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
