#include "coordinator/pipeline/deciding.h"

#include <algorithm>
#include <cmath>

#include "common/text/glob.h"
#include "coordinator/lead/lead_finder.h"
#include "coordinator/plan/planner.h"

namespace foreshock::coordinator {

namespace {

/// The live need is the most used in this time: long enough to bridge a missed sample.
constexpr auto kLiveWindow = std::chrono::seconds(5);
/// How long an agent's refusal stands before the same is asked again.
constexpr auto kRejectedPause = std::chrono::seconds(30);

bool has_tag(const std::vector<Tag>& tags, const Workload& workload, const std::string& wanted) {
  return std::ranges::any_of(tags_of(tags, workload),
                             [&](const Tag& tag) { return tag.key + "=" + tag.value == wanted; });
}

std::optional<std::uint64_t> use_of(const LiveState::Point& point, Resource resource) {
  if (resource == Resource::memory) return point.memory_bytes;
  if (!point.cpu_cores) return std::nullopt;
  return static_cast<std::uint64_t>(std::lround(*point.cpu_cores * 1000));
}

std::uint64_t facts_limit(const Decision& decision) {
  return decision.facts.current_limit.value_or(0);
}

/// What tells one state of affairs from the next: changes always count, a steady state is written
/// down once.
std::string state_of(const Decision& decision) {
  std::string state(to_string(decision.outcome));
  for (const auto& clip : decision.clips) state += "," + clip.rule;
  return state + "," + decision.winner;
}

}  // namespace

bool policy_applies(const Policy& policy, const Workload& workload, const std::string& host_name,
                    const std::vector<Tag>& tags) {
  return (policy.host.empty() || matches_text_glob(policy.host, host_name)) &&
         (policy.cgroup.empty() || matches_path_glob(policy.cgroup, workload.cgroup)) &&
         (policy.tag.empty() || has_tag(tags, workload, policy.tag));
}

KnobValue limit_of(const WorkloadSample& sample, Knob knob) {
  const auto bytes = [](const std::optional<std::optional<Bytes>>& limit) -> KnobValue {
    if (!limit || !*limit) return std::nullopt;
    return (*limit)->count;
  };
  switch (knob) {
    case Knob::cpu_max:
      return sample.cpu_max_millicores.value_or(std::nullopt);
    case Knob::memory_max:
      return bytes(sample.memory_max);
    case Knob::memory_high:
      return bytes(sample.memory_high);
    case Knob::cpu_weight:
    case Knob::unknown:
      break;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> most_used_lately(const LiveState::WorkloadState& state,
                                              Resource resource) {
  std::optional<std::uint64_t> most;
  for (const auto& point : state.recent) {
    if (point.time < state.time - kLiveWindow) continue;
    if (const auto use = use_of(point, resource)) most = std::max(most.value_or(0), *use);
  }
  return most;
}

Quantity quantity_of(Resource resource) {
  return resource == Resource::memory ? Quantity::memory_used : Quantity::cpu_usage;
}

Deciding::Deciding(std::vector<Policy> policies) : policies_(std::move(policies)) {}

bool Deciding::concerns(const Workload& workload, const std::string& host_name,
                        const std::vector<Tag>& tags) const {
  return std::ranges::any_of(policies_, [&](const Policy& policy) {
    return policy_applies(policy, workload, host_name, tags);
  });
}

Facts Deciding::gather_facts(const Policy& policy, const LiveState::WorkloadState& state,
                             const LiveState& live, const LearnedState& learned,
                             const std::vector<LeadSighting>& expected, const PendingValue& pending,
                             Memory& memory, WallTime now, Turn& turn) const {
  Facts facts;
  facts.now = now;
  facts.workload = state.workload;
  const auto* host = live.find_host(state.workload.host);
  facts.host_name = host != nullptr ? host->name : "";
  facts.cgroup_id = state.sample.cgroup_id;
  facts.current_limit = limit_of(state.sample, policy.knob);
  if (const auto about_to_be = pending(state.workload.host, state.workload.cgroup, policy.knob)) {
    facts.current_limit = *about_to_be;
  }
  facts.sample_age = std::max(now - state.time, Nanoseconds::zero());
  facts.losses = live.losses_last_minute(state.workload.host, now);
  if (state.sample.memory_working_set && policy.resource == Resource::memory) {
    facts.working_set = state.sample.memory_working_set->count;
  }
  facts.live_use = most_used_lately(state, policy.resource);
  facts.throttled =
      policy.resource == Resource::cpu && !state.recent.empty() && state.recent.back().throttled;

  const SeriesKey key{state.workload, quantity_of(policy.resource)};
  const auto learned_forecast = learned.forecasts.find(key);
  if (learned_forecast == learned.forecasts.end()) {
    facts.no_forecast_reason = "the series has not been learned yet";
  } else if (const auto* not_yet = std::get_if<NotYet>(&learned_forecast->second)) {
    facts.no_forecast_reason = not_yet->reason;
  } else {
    auto sightings = live.sightings_for(key, now);
    sightings.insert(sightings.end(), expected.begin(), expected.end());
    facts.forecast = with_leads(std::get<Forecast>(learned_forecast->second), sightings);
    turn.forecasts.insert_or_assign(key, *facts.forecast);
  }

  while (!memory.wanted.empty() && memory.wanted.front().first < now - policy.stabilisation) {
    memory.wanted.pop_front();
  }
  for (const auto& [time, wanted] : memory.wanted) {
    facts.recent_peak_want = std::max(facts.recent_peak_want.value_or(0), wanted);
  }
  facts.last_lowered = memory.last_lowered;
  return facts;
}

Deciding::Turn Deciding::decide(const LiveState& live, const LearnedState& learned,
                                const std::vector<LeadSighting>& expected,
                                const PendingValue& pending, WallTime now) {
  Turn turn;
  for (const auto& policy : policies_) {
    for (const auto& [workload, state] : live.workloads()) {
      const auto* host = live.find_host(workload.host);
      if (host == nullptr || !policy_applies(policy, workload, host->name, learned.tags)) continue;
      Memory& memory = memory_[{workload, policy.name}];
      Decision decision = plan(
          policy, gather_facts(policy, state, live, learned, expected, pending, memory, now, turn));
      // What this moment asks for by itself; the stabilised want would keep itself alive for ever.
      std::uint64_t asked = 0;
      for (const auto& candidate : decision.candidates) {
        if (candidate.source != "stabilisation") asked = std::max(asked, candidate.capacity);
      }
      memory.wanted.emplace_back(now, asked);
      if (decision.action && memory.rejected_until && now < *memory.rejected_until) {
        decision.action.reset();
        decision.outcome = DecisionOutcome::hold;
        decision.reason = "held: the agent rejected the last change (" + memory.rejected_why + ")";
        decision.clips.push_back(
            {"rejected", decision.wanted, facts_limit(decision), memory.rejected_why});
      }
      const bool acts = decision.action && policy.mode == PolicyMode::auto_;
      const std::string state_now = state_of(decision);
      if (acts || state_now != memory.last_recorded) {
        memory.last_recorded = state_now;
        turn.decisions.push_back(std::move(decision));
      }
    }
  }
  std::erase_if(memory_,
                [&](const auto& entry) { return !live.workloads().contains(entry.first.first); });
  return turn;
}

std::vector<Deciding::Memory*> Deciding::memories_of(const Workload& workload, Knob knob) {
  std::vector<Memory*> found;
  for (const auto& policy : policies_) {
    const auto it = memory_.find({workload, policy.name});
    if (policy.knob == knob && it != memory_.end()) found.push_back(&it->second);
  }
  return found;
}

void Deciding::on_lowered(const Workload& workload, Knob knob, WallTime when) {
  for (Memory* memory : memories_of(workload, knob)) memory->last_lowered = when;
}

void Deciding::on_rejected(const Workload& workload, Knob knob, const std::string& why,
                           WallTime when) {
  for (Memory* memory : memories_of(workload, knob)) {
    memory->rejected_until = when + kRejectedPause;
    memory->rejected_why = why;
  }
}

}  // namespace foreshock::coordinator
