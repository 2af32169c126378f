#include "agent/lifetime/lifetime_table.h"

#include <chrono>
#include <iterator>
#include <utility>

namespace foreshock::agent {
namespace {

/// USER_HZ is 100 on every architecture we run on: /proc rounds start times down to this. The
/// kernel gives pids out in turn, so none is used again within it.
constexpr auto kProcTick = std::chrono::milliseconds(10);

bool same_process(const ProcessKey& a, const ProcessKey& b) {
  return a.pid == b.pid && std::chrono::abs(a.start - b.start) < kProcTick;
}

Execution make_execution(ExecEvent&& event, std::string&& cgroup) {
  Execution execution;
  execution.facts = std::move(event.facts);
  execution.exec_time = event.time;
  execution.cgroup = std::move(cgroup);
  execution.filename = std::move(event.filename);
  execution.argv = std::move(event.argv);
  execution.cwd = std::move(event.cwd);
  execution.tty = std::move(event.tty);
  execution.existing = event.existing;
  return execution;
}

Execution make_execution_without_exec(ExitEvent&& event, std::string&& cgroup) {
  Execution execution;
  execution.exec_time = event.facts.process.start;
  execution.facts = std::move(event.facts);
  execution.cgroup = std::move(cgroup);
  execution.exec_seen = false;
  execution.end = ExecutionEnd{event.time, event.wait_status, event.use, event.use_known};
  return execution;
}

/// A short process's cgroup is sometimes known only at its end.
void fill_in_cgroup(Execution& execution, const ExitEvent& exit, std::string&& cgroup) {
  if (!execution.cgroup.empty() || cgroup.empty()) return;
  execution.facts.cgroup_id = exit.facts.cgroup_id;
  execution.cgroup = std::move(cgroup);
}

}  // namespace

LifetimeTable::LifetimeTable(std::size_t capacity) : capacity_(capacity), ended_(kEndedSlots) {}

void LifetimeTable::on_exec(ExecEvent&& event, std::string cgroup) {
  const ProcessKey process = event.facts.process;
  if (ended_already(process)) return;
  Execution execution = make_execution(std::move(event), std::move(cgroup));
  execution.ancestry = ancestry_of(execution.facts);
  const auto live = find(process.pid);
  if (live == live_.end()) return start(std::move(execution));
  if (same_process(live->execution.facts.process, process))
    return exec_again(live, std::move(execution));
  if (process.start < live->execution.facts.process.start) {
    // Of a process that must have ended: its pid has a later owner.
    finished_.push_back(std::move(execution));
    return;
  }
  close_without_end(live);  // its exit was lost
  start(std::move(execution));
}

void LifetimeTable::on_exit(ExitEvent&& event, std::string cgroup) {
  const ProcessKey process = event.facts.process;
  if (ended_already(process)) return;
  remember_end(process);
  const auto live = find(process.pid);
  if (live != live_.end()) {
    if (same_process(live->execution.facts.process, process)) {
      fill_in_cgroup(live->execution, event, std::move(cgroup));
      if (!event.status_known) return close_without_end(live);
      return finish(live, {event.time, event.wait_status, event.use, event.use_known});
    }
    if (live->execution.facts.process.start < process.start)
      close_without_end(live);  // its exit was lost
  }
  if (!event.status_known) return;
  auto execution = make_execution_without_exec(std::move(event), std::move(cgroup));
  execution.ancestry = ancestry_of(execution.facts);
  finished_.push_back(std::move(execution));
}

std::vector<Execution> LifetimeTable::take_finished_and_started() {
  auto result = std::exchange(finished_, {});
  result.reserve(result.size() + unreported_);
  for (auto live = std::prev(live_.end(), static_cast<std::ptrdiff_t>(unreported_));
       live != live_.end(); ++live) {
    result.push_back(live->execution);
    live->reported = true;
  }
  unreported_ = 0;
  return result;
}

LifetimeTable::LiveList::iterator LifetimeTable::find(std::uint32_t pid) {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? live_.end() : found->second;
}

std::string LifetimeTable::ancestry_of(const ProcessFacts& facts) const {
  std::string names;
  ProcessKey wanted = facts.parent;
  for (std::size_t i = 0; i < kMaxAncestors; ++i) {
    const auto found = by_pid_.find(wanted.pid);
    if (found == by_pid_.end()) break;
    const ProcessFacts& ancestor = found->second->execution.facts;
    // A later owner of the process id; a start of zero is one that /proc did not tell.
    const bool known_start = wanted.start.time_since_epoch().count() != 0;
    if (known_start && !same_process(ancestor.process, wanted)) break;
    names += ancestor.comm;
    names += '\0';
    if (ancestor.parent.pid == wanted.pid || ancestor.parent.pid == 0) break;
    wanted = ancestor.parent;
  }
  return names;
}

void LifetimeTable::start(Execution&& execution) {
  const auto pid = execution.facts.process.pid;
  live_.push_back({std::move(execution), false});
  by_pid_[pid] = std::prev(live_.end());
  ++unreported_;
  evict_beyond_capacity();
}

void LifetimeTable::exec_again(LiveList::iterator live, Execution&& next) {
  Execution& current = live->execution;
  if (next.existing || next.exec_time <= current.exec_time) return;  // told already
  // /proc was read after the exec but before its event: one image, told first by /proc.
  const bool same_image = current.existing && !live->reported && current.argv == next.argv;
  next.earlier_execs = current.earlier_execs + (same_image ? 0 : 1);
  next.facts.process = current.facts.process;
  if (!live->reported) {
    if (!same_image) finished_.push_back(std::move(current));
    --unreported_;
  }
  *live = {std::move(next), false};
  live_.splice(live_.end(), live_, live);
  ++unreported_;
}

void LifetimeTable::finish(LiveList::iterator live, ExecutionEnd&& end) {
  auto execution = remove(live);
  execution.end = end;
  finished_.push_back(std::move(execution));
}

void LifetimeTable::close_without_end(LiveList::iterator live) {
  const bool reported = live->reported;
  auto execution = remove(live);
  if (!reported) finished_.push_back(std::move(execution));
}

Execution LifetimeTable::remove(LiveList::iterator live) {
  if (!live->reported) --unreported_;
  auto execution = std::move(live->execution);
  by_pid_.erase(execution.facts.process.pid);
  live_.erase(live);
  return execution;
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
