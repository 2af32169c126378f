#include "coordinator/pipeline/arming.h"

#include <algorithm>
#include <utility>

#include "common/text/glob.h"
#include "coordinator/pipeline/deciding.h"

namespace foreshock::coordinator {

namespace {

/// An answer takes a report or two to be seen.
constexpr auto kAnswerTime = std::chrono::seconds(10);
constexpr std::chrono::nanoseconds kLongestPause = std::chrono::hours(1);

/// What a reflex is planned from: the workload as it is now.
Facts look_at(const LiveState::WorkloadState& state, const LiveState& live,
              const LearnedState& learned, Knob knob, Resource resource, WallTime now) {
  Facts facts;
  facts.now = now;
  facts.workload = state.workload;
  if (const auto* host = live.find_host(state.workload.host)) facts.host_name = host->name;
  facts.cgroup_id = state.sample.cgroup_id;
  facts.current_limit = limit_of(state.sample, knob);
  facts.sample_age = std::max(now - state.time, Nanoseconds::zero());
  facts.live_use = most_used_lately(state, resource);
  facts.no_forecast_reason = "the series has not been learned yet";
  const auto found = learned.forecasts.find(SeriesKey{state.workload, quantity_of(resource)});
  if (found == learned.forecasts.end()) return facts;
  if (const auto* forecast = std::get_if<Forecast>(&found->second)) {
    facts.forecast = *forecast;
  } else {
    facts.no_forecast_reason = std::get<NotYet>(found->second).reason;
  }
  return facts;
}

Resource resource_of(Knob knob) {
  return knob == Knob::memory_high || knob == Knob::memory_max ? Resource::memory : Resource::cpu;
}

}  // namespace

Arming::Key Arming::key_of(HostId host, const Reflex& reflex) {
  return {host, reflex.signature, reflex.adjustment.target, reflex.adjustment.knob};
}

Arming::Wanted Arming::want(const LiveState& live, const LearnedState& learned,
                            WallTime now) const {
  Wanted wanted;
  for (const auto& [workload, state] : live.workloads())
    want_for(state, live, learned, now, wanted);
  return wanted;
}

void Arming::want_for(const LiveState::WorkloadState& state, const LiveState& live,
                      const LearnedState& learned, WallTime now, Wanted& wanted) const {
  const auto* host = live.find_host(state.workload.host);
  if (host == nullptr || state.workload.cgroup.empty()) return;
  const auto add = [&](Decision decision) {
    // People's rules come first: of two for the same command and limit the first stands.
    wanted.try_emplace(key_of(host->id, *decision.reflex), std::move(decision));
  };
  for (const auto& rule : rules_) {
    if (!rule.host.empty() && !matches_text_glob(rule.host, host->name)) continue;
    if (!matches_path_glob(rule.cgroup, state.workload.cgroup)) continue;
    add(plan_reflex(rule, look_at(state, live, learned, rule.knob, resource_of(rule.knob), now)));
  }
  for (const auto& policy : policies_) {
    if (!policy.reflexes || !policy_applies(policy, state.workload, host->name, learned.tags))
      continue;
    for (const auto& lead : learned.leads) {
      // What is minutes away is for the coordinator to decide, in time and with the forecast.
      if (!lead.is_urgent()) continue;
      if (lead.target != SeriesKey{state.workload, quantity_of(policy.resource)}) continue;
      auto decision = plan_reflex(
          policy, lead, look_at(state, live, learned, policy.knob, policy.resource, now), {});
      if (decision) add(*std::move(decision));
    }
  }
}

bool Arming::may_ask(const Key& key, WallTime now) {
  Asked& asked = asked_[key];
  if (now < asked.again) return false;
  asked.again = now + kAnswerTime;
  return true;
}

std::vector<Decision> Arming::turn(const LiveState& live, const LearnedState& learned,
                                   WallTime now) {
  std::vector<Decision> decisions;
  Wanted wanted = want(live, learned, now);
  for (const auto& host : live.hosts_with_reflexes()) {
    for (const auto& armed : host.reflexes) {
      const Key key = key_of(host.id, armed.reflex);
      const auto it = wanted.find(key);
      if (it != wanted.end()) {
        if (!serves(armed.reflex, *it->second.reflex, now)) continue;
        wanted.erase(it);
        asked_.erase(key);
        continue;
      }
      // Before the first round of learning, leads that were known are not known yet.
      if (learned.learned_at == WallTime() || !may_ask(key, now)) continue;
      Facts facts;
      facts.now = now;
      facts.workload = {host.id, armed.reflex.adjustment.target.path};
      facts.host_name = host.name;
      facts.cgroup_id = armed.reflex.adjustment.target.id;
      decisions.push_back(plan_disarming(armed.reflex, facts));
    }
  }
  for (auto& [key, decision] : wanted) {
    if (live.knows_reflexes_of(std::get<HostId>(key)) && may_ask(key, now))
      decisions.push_back(std::move(decision));
  }
  return decisions;
}

void Arming::on_rejected(HostId host, const std::string& signature, const CgroupTarget& target,
                         Knob knob, WallTime now) {
  Asked& asked = asked_[{host, signature, target, knob}];
  asked.again = now + asked.pause;
  asked.pause = std::min(asked.pause * 2, kLongestPause);
}

}  // namespace foreshock::coordinator
