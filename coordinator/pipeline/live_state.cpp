#include "coordinator/pipeline/live_state.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

constexpr auto kRecent = std::chrono::minutes(1);
constexpr auto kForgetAfter = std::chrono::minutes(5);
constexpr std::size_t kMaxSightings = 4096;

/// Growth of a counter per second of time; absent when it went backwards or no time passed.
std::optional<double> rate(Nanoseconds before, Nanoseconds after, Nanoseconds elapsed) {
  if (after < before || elapsed <= Nanoseconds::zero()) return std::nullopt;
  return std::chrono::duration<double>(after - before) / std::chrono::duration<double>(elapsed);
}

Nanoseconds busy_time(const HostSample& sample) {
  return sample.cpu_user + sample.cpu_nice + sample.cpu_system + sample.cpu_irq +
         sample.cpu_softirq;
}

LiveState::Point point_between(const WorkloadSample& before, const WorkloadSample& after,
                               WallTime time) {
  LiveState::Point point;
  point.time = time;
  const bool same = before.cgroup_id == after.cgroup_id;
  if (same && before.cpu_usage && after.cpu_usage) {
    point.cpu_cores = rate(*before.cpu_usage, *after.cpu_usage, after.time - before.time);
  }
  if (same && before.cpu_throttled && after.cpu_throttled) {
    point.throttled = *after.cpu_throttled > *before.cpu_throttled;
  }
  const auto& memory = after.memory_working_set ? after.memory_working_set : after.memory_current;
  if (memory) point.memory_bytes = memory->count;
  return point;
}

WallTime end_of(const LeadSighting& sighting) {
  const double seconds =
      sighting.lead.lag_s + sighting.lead.lag_spread_s + sighting.lead.duration_s;
  return sighting.seen +
         std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace

void LiveState::on_report(HostId id, const std::string& public_key, const Report& report) {
  host_ids_[public_key] = id;
  HostState& state = hosts_[id];
  state.host.id = id;
  state.host.name = report.host_name;
  state.host.public_key = public_key;
  state.host.agent_version = report.agent_version;
  const WallTime end = report.to_wall(report.period_end);
  if (report.boot_id != state.boot && end >= state.host.last_report) {
    state.boot = report.boot_id;  // the clock of the boot and its counters begin anew
    state.last_sample.reset();
    state.agent_told.reset();
  }
  state.host.last_report = std::max(state.host.last_report, end);
  if (report.boot_id == state.boot) {  // what an earlier boot had spooled says nothing of now
    if (report.agent) on_agent_use(state, *report.agent, report.period_end);
    if (report.samples.host) on_host_sample(state, *report.samples.host);
  }
  if (report.upcoming && end >= state.upcoming_told) {
    state.host.upcoming = *report.upcoming;
    state.upcoming_told = end;
  }
  // Only a report with samples tells all; an older one would bring back what is gone.
  if (report.samples.host && (!state.reflexes_at || end >= *state.reflexes_at)) {
    state.host.reflexes = report.reflexes;
    state.reflexes_at = end;
  }
  for (const auto& loss : report.losses) state.losses.emplace_back(end, loss.count);

  for (const auto& sample : report.samples.workloads) {
    const Workload workload{id, sample.cgroup};
    const WallTime time = report.to_wall(sample.time);
    const auto [it, is_new] =
        workloads_.try_emplace(workload, WorkloadState{workload, sample, time, {}});
    WorkloadState& known = it->second;
    if (!is_new && time <= known.time) continue;
    known.recent.push_back(is_new ? point_between(WorkloadSample{}, sample, time)
                                  : point_between(known.sample, sample, time));
    while (known.recent.front().time < time - kRecent) known.recent.pop_front();
    known.sample = sample;
    known.time = time;
  }
  ++reports_;
  executions_ += report.executions.size();
}

/// The counter of a restarted agent begins anew: no rate until its second report.
void LiveState::on_agent_use(HostState& state, const AgentUse& use, BootTime time) {
  if (state.agent_told && time <= *state.agent_told) return;
  state.host.agent_cpu_cores.reset();
  if (state.agent_told && use.cpu >= state.host.agent->cpu) {
    state.host.agent_cpu_cores = std::chrono::duration<double>(use.cpu - state.host.agent->cpu) /
                                 std::chrono::duration<double>(time - *state.agent_told);
  }
  state.host.agent = use;
  state.agent_told = time;
}

void LiveState::on_host_sample(HostState& state, const HostSample& sample) {
  if (state.last_sample && sample.time <= state.last_sample->time) return;
  if (state.last_sample) {
    const auto cores = rate(busy_time(*state.last_sample), busy_time(sample),
                            sample.time - state.last_sample->time);
    state.host.cpu_cores = cores.value_or(0);
  }
  state.host.cpu_count = sample.cpu_count;
  state.host.memory_total_bytes = sample.memory_total.count;
  state.host.memory_used_bytes = sample.memory_total.count -
                                 std::min(sample.memory_available.count, sample.memory_total.count);
  state.last_sample = sample;
}

bool LiveState::on_sighting(const LeadCommand& lead, HostId host, const BootId& boot,
                            const Execution& execution, WallTime exec_time) {
  const ExecutionKey key{host, boot, execution.facts.process, execution.exec_time,
                         to_string(lead.target)};
  if (!sighted_.insert(key).second) return false;
  sighted_order_.push_back(key);
  if (sighted_order_.size() > kMaxSightings) {
    sighted_.erase(sighted_order_.front());
    sighted_order_.pop_front();
  }
  sightings_.push_back({lead, exec_time});
  if (sightings_.size() > kMaxSightings) sightings_.pop_front();
  return true;
}

void LiveState::on_limit(HostId host, const std::string& cgroup, Knob knob, KnobValue value) {
  const auto it = workloads_.find(Workload{host, cgroup});
  if (it == workloads_.end()) return;
  WorkloadSample& sample = it->second.sample;
  const auto bytes = value ? std::optional<Bytes>(Bytes{*value}) : std::nullopt;
  switch (knob) {
    case Knob::cpu_max:
      sample.cpu_max_millicores = value;
      break;
    case Knob::memory_max:
      sample.memory_max = bytes;
      break;
    case Knob::memory_high:
      sample.memory_high = bytes;
      break;
    case Knob::cpu_weight:
    case Knob::unknown:
      break;
  }
}

std::optional<HostId> LiveState::host_of(const std::string& public_key) const {
  const auto it = host_ids_.find(public_key);
  return it == host_ids_.end() ? std::nullopt : std::optional<HostId>(it->second);
}

const LiveView::Host* LiveState::find_host(HostId host) const {
  const auto it = hosts_.find(host);
  return it == hosts_.end() ? nullptr : &it->second.host;
}

std::vector<LiveView::Host> LiveState::hosts_with_reflexes() const {
  std::vector<LiveView::Host> hosts;
  for (const auto& [id, state] : hosts_) {
    if (state.reflexes_at && !state.host.reflexes.empty()) hosts.push_back(state.host);
  }
  return hosts;
}

bool LiveState::knows_reflexes_of(HostId host) const {
  const auto it = hosts_.find(host);
  return it != hosts_.end() && it->second.reflexes_at;
}

std::vector<LeadSighting> LiveState::sightings_for(const SeriesKey& key, WallTime now) const {
  std::vector<LeadSighting> found;
  for (const auto& sighting : sightings_) {
    if (sighting.lead.target == key && end_of(sighting) >= now) found.push_back(sighting);
  }
  return found;
}

std::uint64_t LiveState::losses_last_minute(HostId host, WallTime now) const {
  const auto it = hosts_.find(host);
  if (it == hosts_.end()) return 0;
  std::uint64_t total = 0;
  for (const auto& [time, count] : it->second.losses) {
    if (time > now - std::chrono::minutes(1)) total += count;
  }
  return total;
}

void LiveState::forget_old(WallTime now) {
  std::erase_if(workloads_,
                [now](const auto& entry) { return entry.second.time < now - kForgetAfter; });
  std::erase_if(sightings_, [now](const auto& sighting) { return end_of(sighting) < now; });
  for (auto& [id, state] : hosts_) {
    while (!state.losses.empty() && state.losses.front().first < now - std::chrono::minutes(1)) {
      state.losses.pop_front();
    }
  }
}

LiveView LiveState::view(WallTime now) const {
  LiveView view;
  view.published = now;
  view.reports = reports_;
  view.executions = executions_;
  for (const auto& [id, state] : hosts_) {
    view.hosts.push_back(state.host);
    view.hosts.back().losses_last_minute = losses_last_minute(id, now);
  }
  for (const auto& [workload, state] : workloads_) {
    LiveView::LiveWorkload live;
    live.workload = workload;
    live.time = state.time;
    live.sample = state.sample;
    if (!state.recent.empty()) {
      live.cpu_cores = state.recent.back().cpu_cores.value_or(0);
      live.throttled = state.recent.back().throttled;
    }
    view.workloads.push_back(std::move(live));
  }
  return view;
}

}  // namespace foreshock::coordinator
