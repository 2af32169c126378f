#include "coordinator/reflex/reflex_planner.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

/// A lead's limit is a moving estimate: a host is told again only when it has moved by more.
constexpr double kValueTolerance = 0.15;

std::string show_seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.3g} s", std::chrono::duration<double>(time).count());
}

std::chrono::nanoseconds to_duration(double seconds) {
  constexpr double kMost = 24 * 3600;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(std::clamp(seconds, 1.0, kMost)));
}

Decision begin_decision(const std::string& policy, PolicyMode mode, const Facts& facts) {
  Decision decision;
  decision.policy = policy;
  decision.mode = mode;
  decision.facts = facts;
  decision.outcome = DecisionOutcome::arm;
  decision.counter_factual =
      "without the reflex the command has to reach the coordinator first, and its answer the host";
  return decision;
}

void finish(Reflex reflex, std::string why, Decision& decision) {
  decision.knob = reflex.adjustment.knob;
  decision.wanted = reflex.adjustment.value.value_or(0);
  decision.reason = fmt::format(
      "{} a reflex: when `{}` is executed, {} at least {} until {} after it; {}",
      reflex.dry_run ? "rehearse" : "arm", reflex.signature, to_string(decision.knob),
      format_knob_value(decision.knob, decision.wanted), show_seconds(reflex.window), why);
  decision.reflex = std::move(reflex);
}

/// To so few digits that an estimate that wavers stays the same.
std::uint64_t round_up(std::uint64_t value) {
  if (value < 16) return value;
  const int drop = static_cast<int>(std::bit_width(value)) - 4;
  const std::uint64_t unit = std::uint64_t{1} << drop;
  return (value + unit - 1) / unit * unit;
}

double highest_without_leads(const Forecast& forecast, double quantile) {
  const auto& points = forecast.quantiles_without_leads.empty() ? forecast.quantiles
                                                                : forecast.quantiles_without_leads;
  double highest = 0;
  for (const auto& point : points) {
    const double value = quantile_at(point, quantile);
    if (std::isfinite(value)) highest = std::max(highest, value);
  }
  return highest;
}

bool is_sure(const LeadCommand& lead, const ReflexConfidence& confidence) {
  return lead.support >= confidence.min_support && lead.precision >= confidence.min_precision &&
         lead.q_value <= confidence.max_q_value && lead.effect > 0;
}

}  // namespace

Decision plan_reflex(const ReflexRule& rule, const Facts& facts) {
  Decision decision = begin_decision(rule.name, rule.mode, facts);
  decision.winner = "rule";
  decision.candidates.push_back({"rule", rule.value, "the reflex of this name says so"});
  Reflex reflex;
  reflex.name = rule.name;
  reflex.signature = rule.signature;
  reflex.base_names = {rule.executable};
  reflex.adjustment = {{facts.workload.cgroup, facts.cgroup_id}, rule.knob, rule.value};
  reflex.window = rule.window;
  reflex.expires = facts.now + rule.valid_for;
  reflex.dry_run = rule.mode != PolicyMode::auto_;
  finish(std::move(reflex), "a person's rule", decision);
  return decision;
}

std::optional<Decision> plan_reflex(const Policy& policy, const LeadCommand& lead,
                                    const Facts& facts, const ReflexConfidence& confidence) {
  // A workload without a limit has nothing to gain.
  if (!is_sure(lead, confidence) || lead.source_host != facts.workload.host ||
      lead.target.workload != facts.workload || !facts.current_limit)
    return std::nullopt;
  const double unit = policy.resource == Resource::cpu ? 1000 : 1;
  double base = static_cast<double>(facts.live_use.value_or(0)) / unit;
  if (facts.forecast)
    base = std::max(base, highest_without_leads(*facts.forecast, policy.quantile));
  const double effect = std::max(lead.effect, quantile_at(lead.effect_quantiles, policy.quantile));
  const double need = (base + effect) * (1 + policy.headroom) * unit;
  if (!std::isfinite(need)) return std::nullopt;
  const auto asked = round_up(static_cast<std::uint64_t>(std::ceil(std::min(need, 9e18))));

  Decision decision = begin_decision(policy.name, policy.mode, facts);
  decision.winner = "lead";
  decision.candidates.push_back(
      {"lead", asked,
       fmt::format("q{:g} of its load beside what is used without it, plus {:g} % headroom",
                   policy.quantile * 100, policy.headroom * 100)});
  const std::uint64_t value = std::clamp(asked, policy.min_capacity, policy.max_capacity);
  if (value != asked) {
    decision.clips.push_back({value < asked ? "max" : "min", asked, value, "the policy's bound"});
  }

  Reflex reflex;
  reflex.name = policy.name;
  reflex.signature = lead.signature;
  reflex.base_names = lead.base_names;
  reflex.adjustment = {{facts.workload.cgroup, facts.cgroup_id}, policy.knob, value};
  reflex.window = to_duration(lead.lag_s + 2 * lead.lag_spread_s + lead.duration_s);
  reflex.expires = facts.now + kLeadReflexValidFor;
  reflex.dry_run = policy.mode != PolicyMode::auto_;
  finish(std::move(reflex),
         fmt::format("a lead command: load followed {:.0f} % of {} runs, {} after them",
                     lead.precision * 100, lead.support, show_seconds(to_duration(lead.lag_s))),
         decision);
  return decision;
}

bool serves(const Reflex& armed, const Reflex& wanted, WallTime now) {
  const auto close = [](double a, double b) { return std::abs(a - b) <= kValueTolerance * b; };
  const auto value_of = [](const Reflex& reflex) {
    return static_cast<double>(reflex.adjustment.value.value_or(0));
  };
  const auto left = [now](const Reflex& reflex) { return reflex.expires - now; };
  return armed.name == wanted.name && armed.base_names == wanted.base_names &&
         armed.dry_run == wanted.dry_run && left(armed) > left(wanted) / 2 &&
         close(value_of(armed), value_of(wanted)) &&
         close(std::chrono::duration<double>(armed.window).count(),
               std::chrono::duration<double>(wanted.window).count());
}

Decision plan_disarming(const Reflex& armed, const Facts& facts) {
  Decision decision = begin_decision(armed.name, PolicyMode::auto_, facts);
  decision.outcome = DecisionOutcome::disarm;
  decision.knob = armed.adjustment.knob;
  decision.wanted = armed.adjustment.value.value_or(0);
  decision.winner = "none";
  decision.reason =
      fmt::format("disarm the reflex on `{}` of decision {}: nothing asks for it any more",
                  armed.signature, armed.decision_id);
  decision.counter_factual = "it would expire at " + format_utc(armed.expires);
  decision.disarms = armed.decision_id;
  return decision;
}

}  // namespace foreshock::coordinator
