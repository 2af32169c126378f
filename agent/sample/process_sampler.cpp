#include "agent/sample/process_sampler.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace foreshock::agent {

namespace {

/// An exit is told within this time, also of a process that nobody reaps.
constexpr auto kExitToldWithin = std::chrono::seconds(60);

constexpr auto kId = [](const auto& last) { return last.process.pid; };

ProcessSample to_sample(const ProcessUse& process, BootTime now) {
  ProcessSample sample;
  sample.process = process.facts.process;
  sample.time = now;
  sample.cgroup_id = process.facts.cgroup_id;
  sample.comm = process.facts.comm;
  sample.cpu = process.use.cpu;
  sample.rss = process.rss;
  sample.threads = process.threads;
  sample.read_bytes = process.use.read_bytes;
  sample.written_bytes = process.use.written_bytes;
  sample.minor_faults = process.use.minor_faults;
  sample.major_faults = process.use.major_faults;
  return sample;
}

}  // namespace

void ProcessSampler::sample(BootTime now, ResourceSample& into) {
  if (!look_(processes_)) {
    ++failed_turns_;
    return;
  }
  into.process_count = static_cast<std::uint32_t>(processes_.size());
  count_by_workload(into);
  compare_with_last(now);
  keep_top(now, into);
  if (observer_) {
    for (std::size_t i = 0; i < processes_.size(); ++i) observer_(processes_[i], used_[i], now);
  }
  last_.clear();
  for (const ProcessUse& process : processes_) {
    last_.push_back({process.facts.process, process.use});
    latest_start_ = std::max(latest_start_, process.facts.process.start);
  }
  first_turn_ = false;
}

void ProcessSampler::count_by_workload(ResourceSample& into) const {
  std::unordered_map<std::uint64_t, std::uint64_t> counts;
  for (const ProcessUse& process : processes_) ++counts[process.facts.cgroup_id];
  for (WorkloadSample& workload : into.workloads)
    workload.process_count = counts[workload.cgroup_id];
}

// Both are in the order of process ids: one walk along the two.
void ProcessSampler::compare_with_last(BootTime now) {
  used_.clear();
  auto last = last_.begin();
  for (ProcessUse& process : processes_) {
    const ProcessKey& key = process.facts.process;
    for (; last != last_.end() && last->process.pid < key.pid; ++last) note_gone(*last, now);
    const bool known = last != last_.end() && last->process == key;
    used_.push_back(first_turn_ ? ResourceUse{}
                                : use_between(known ? last->use : ResourceUse{}, process.use));
    if (!known) continue;
    // A thread that ends while it is looked at is counted nowhere for a moment: what was seen once
    // stays.
    if (!first_turn_) {
      process.use = last->use;
      add_use(process.use, used_.back());
    }
    ++last;
  }
  for (; last != last_.end(); ++last) note_gone(*last, now);
  std::erase_if(gone_,
                [now](const auto& gone) { return now - gone.second.noticed > kExitToldWithin; });
}

void ProcessSampler::note_gone(const Last& last, BootTime now) {
  gone_.insert_or_assign(last.process.pid, Gone{last, now});
}

ResourceUse ProcessSampler::take_use_when_last_seen(const ProcessKey& process) {
  if (process.start > latest_start_) return {};  // most of what ends lived between two looks
  if (const auto gone = gone_.find(process.pid);
      gone != gone_.end() && gone->second.last.process == process) {
    const ResourceUse use = gone->second.last.use;
    gone_.erase(gone);
    return use;
  }
  const auto last = std::ranges::lower_bound(last_, process.pid, {}, kId);
  if (last == last_.end() || last->process != process) return {};
  const ResourceUse use = last->use;
  last_.erase(last);
  return use;
}

void ProcessSampler::keep_top(BootTime now, ResourceSample& into) {
  chosen_.assign(processes_.size(), false);
  order_.resize(processes_.size());
  choose_top([this](std::uint32_t i) { return used_[i].cpu.count(); });
  choose_top([this](std::uint32_t i) { return processes_[i].rss.count; });
  choose_top(
      [this](std::uint32_t i) { return used_[i].read_bytes.count + used_[i].written_bytes.count; });
  choose_top([this](std::uint32_t i) { return used_[i].major_faults; });
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (chosen_[i]) into.processes.push_back(to_sample(processes_[i], now));
  }
}

/// Nobody is chosen for having used nothing.
template <typename Key>
void ProcessSampler::choose_top(Key key) {
  std::iota(order_.begin(), order_.end(), 0U);
  const auto end =
      std::partition(order_.begin(), order_.end(), [&](std::uint32_t i) { return key(i) > 0; });
  const auto count =
      std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(top_), end - order_.begin());
  const auto middle = order_.begin() + count;
  if (middle != end) {
    std::nth_element(order_.begin(), middle, end,
                     [&](std::uint32_t a, std::uint32_t b) { return key(a) > key(b); });
  }
  for (auto i = order_.begin(); i != middle; ++i) chosen_[*i] = true;
}

}  // namespace foreshock::agent
