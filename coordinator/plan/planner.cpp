#include "coordinator/plan/planner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/base/bytes.h"

namespace foreshock::coordinator {

namespace {

/// What runs into its limit shows a floor of its need; asking for half as much again finds the true
/// need in a few turns without giving everything at once.
constexpr double kThrottledGrowth = 1.5;
/// A memory limit closer to the working set than a tenth of it would push out pages that are in
/// use.
constexpr std::uint64_t kWorkingSetMarginDivisor = 10;

/// Cores or bytes → the policy's capacity unit.
std::uint64_t to_capacity(Resource resource, double value) {
  const double scaled = resource == Resource::cpu ? value * 1000 : value;
  if (!(scaled > 0)) return 0;
  constexpr double kMost = 9e18;
  return static_cast<std::uint64_t>(std::ceil(std::min(scaled, kMost)));
}

std::string show(const Policy& policy, std::uint64_t capacity) {
  return format_knob_value(policy.knob, capacity);
}

std::string show_seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

std::uint64_t with_headroom(const Policy& policy, std::uint64_t need) {
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(need) * (1 + policy.headroom)));
}

/// The most the forecast's quantile asks for between now and now + lead time.
struct WindowPeak {
  double value = 0;
  std::size_t index = 0;  ///< of the point
  WallTime when;
};

std::optional<WindowPeak> peak_in_window(const Policy& policy, const Facts& facts) {
  if (!facts.forecast) return std::nullopt;
  const Forecast& forecast = *facts.forecast;
  std::optional<WindowPeak> peak;
  for (std::size_t i = 0; i < forecast.quantiles.size(); ++i) {
    const WallTime from = forecast.start + forecast.step * static_cast<std::int64_t>(i);
    if (from + forecast.step <= facts.now || from > facts.now + policy.lead_time) continue;
    const double value = quantile_at(forecast.quantiles[i], policy.quantile);
    if (std::isfinite(value) && (!peak || value > peak->value)) peak = WindowPeak{value, i, from};
  }
  return peak;
}

/// The lead command without which the peak would be lower, if there is one.
const LeadContribution* lead_behind(const Policy& policy, const Facts& facts,
                                    const WindowPeak& peak) {
  const auto& unmoved = facts.forecast->quantiles_without_leads;
  if (peak.index < unmoved.size() &&
      quantile_at(unmoved[peak.index], policy.quantile) >= peak.value)
    return nullptr;
  const LeadContribution* strongest = nullptr;
  for (const auto& lead : facts.forecast->leads) {
    const bool acts_then =
        lead.expected_onset <= peak.when + facts.forecast->step && lead.expected_end >= peak.when;
    if (acts_then && (strongest == nullptr || lead.effect > strongest->effect)) strongest = &lead;
  }
  return strongest;
}

std::string explain_lead(const LeadContribution& lead, WallTime now) {
  std::string text = lead.seen > now ? fmt::format(", moved by lead `{}` planned in {}",
                                                   lead.signature, show_seconds(lead.seen - now))
                                     : fmt::format(", moved by lead `{}` seen {} ago",
                                                   lead.signature, show_seconds(now - lead.seen));
  text += lead.expected_onset > now
              ? fmt::format(", load expected in {}", show_seconds(lead.expected_onset - now))
              : std::string(", its load is due now");
  return text;
}

Candidate forecast_candidate(const Policy& policy, const Facts& facts, const WindowPeak& peak) {
  const std::uint64_t need = to_capacity(policy.resource, peak.value);
  std::string text =
      fmt::format("q{:g} of {} is {} within {}", policy.quantile * 100, facts.forecast->model,
                  show(policy, need), show_seconds(policy.lead_time));
  if (const auto* lead = lead_behind(policy, facts, peak)) text += explain_lead(*lead, facts.now);
  return {"forecast", with_headroom(policy, need),
          text + fmt::format("; plus {:g} % headroom", policy.headroom * 100)};
}

Candidate live_candidate(const Policy& policy, const Facts& facts) {
  std::uint64_t need = *facts.live_use;
  std::string text = fmt::format("uses {}", show(policy, need));
  if (facts.throttled) {
    need = static_cast<std::uint64_t>(std::ceil(static_cast<double>(need) * kThrottledGrowth));
    text +=
        fmt::format(" and is held back by its limit, so it needs at least {}", show(policy, need));
  }
  return {"live_need", with_headroom(policy, need),
          text + fmt::format("; plus {:g} % headroom", policy.headroom * 100)};
}

void add_candidates(const Policy& policy, const Facts& facts, Decision& decision) {
  if (const auto peak = peak_in_window(policy, facts)) {
    decision.candidates.push_back(forecast_candidate(policy, facts, *peak));
  }
  if (facts.live_use) decision.candidates.push_back(live_candidate(policy, facts));
  if (facts.recent_peak_want) {
    decision.candidates.push_back(
        {"stabilisation", *facts.recent_peak_want,
         fmt::format("the most asked for within {}", show_seconds(policy.stabilisation))});
  }
  decision.candidates.push_back({"floor", policy.min_capacity, "the policy's min"});
}

/// Applies rule after rule to what is wanted, each that changes something leaving its mark.
class Clipper {
 public:
  Clipper(const Policy& policy, Decision& decision) : policy_(policy), decision_(decision) {}

  void clip(std::string rule, std::uint64_t value, std::string explanation) {
    if (value == decision_.wanted) return;
    decision_.clips.push_back({std::move(rule), decision_.wanted, value, std::move(explanation)});
    decision_.wanted = value;
  }
  void at_least(std::string rule, std::uint64_t floor, std::string explanation) {
    clip(std::move(rule), std::max(decision_.wanted, floor), std::move(explanation));
  }
  void at_most(std::string rule, std::uint64_t ceiling, std::string explanation) {
    clip(std::move(rule), std::min(decision_.wanted, ceiling), std::move(explanation));
  }
  const Policy& policy() const { return policy_; }

 private:
  const Policy& policy_;
  Decision& decision_;
};

void clip_to_bounds(const Facts& facts, Clipper& clipper) {
  const Policy& policy = clipper.policy();
  clipper.at_most("max", policy.max_capacity,
                  "the policy's max is " + show(policy, policy.max_capacity));
  if (facts.working_set) {
    clipper.at_least("working_set",
                     *facts.working_set + *facts.working_set / kWorkingSetMarginDivisor,
                     fmt::format("the working set is {}: a limit below it and a tenth would hurt",
                                 show(policy, *facts.working_set)));
  }
}

WallTime end_of(const Forecast& forecast) {
  return forecast.start + forecast.step * static_cast<std::int64_t>(forecast.quantiles.size());
}

/// Why nothing may be taken away now; empty: it may.
std::string reduction_freeze(const Policy& policy, const Facts& facts, std::string& rule) {
  if (!facts.sample_age || *facts.sample_age > policy.max_age) {
    rule = "stale";
    return facts.sample_age
               ? fmt::format("the newest sample is {} old", show_seconds(*facts.sample_age))
               : std::string("there is no sample yet");
  }
  if (!facts.live_use) {
    rule = "stale";
    return "live use is unknown";
  }
  if (facts.losses > 0) {
    rule = "losses";
    return fmt::format("{} records were lost in the last minute", facts.losses);
  }
  if (policy.resource == Resource::memory && !facts.working_set) {
    rule = "working_set";
    return "the working set is unknown";
  }
  if (!facts.forecast || !peak_in_window(policy, facts)) {
    rule = "no_forecast";
    return "there is no forecast" +
           (facts.no_forecast_reason.empty() ? "" : ": " + facts.no_forecast_reason);
  }
  if (const auto covered = end_of(*facts.forecast) - facts.now; covered < policy.lead_time) {
    rule = "short_forecast";
    return fmt::format("the forecast ends {} before the lead time",
                       show_seconds(policy.lead_time - covered));
  }
  if (facts.last_lowered && facts.now - *facts.last_lowered < policy.cool_down) {
    rule = "cool_down";
    return fmt::format("the last reduction was {} ago",
                       show_seconds(facts.now - *facts.last_lowered));
  }
  return "";
}

void clip_reduction(const Facts& facts, std::uint64_t current, const Decision& decision,
                    Clipper& clipper) {
  const Policy& policy = clipper.policy();
  const auto least = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(current) * (1 - policy.max_step_down)));
  clipper.at_least("step_down", least,
                   fmt::format("at most {:g} % at once", policy.max_step_down * 100));
  std::string rule;
  const std::string why = reduction_freeze(policy, facts, rule);
  if (!why.empty() && decision.wanted < current)
    clipper.clip(rule, current, why + ": nothing is taken away");
}

bool is_within_tolerance(const Policy& policy, std::uint64_t wanted, std::uint64_t current) {
  const auto change = static_cast<double>(wanted > current ? wanted - current : current - wanted);
  return change < policy.tolerance * static_cast<double>(current);
}

/// A raise that a workload in trouble asks for is worth an action, however small.
bool must_rise(const Facts& facts, const Decision& decision, std::uint64_t current) {
  if (decision.wanted <= current) return false;
  return facts.throttled ||
         (!decision.clips.empty() && decision.clips.back().rule == "working_set");
}

DecisionOutcome compare(std::uint64_t wanted, std::uint64_t current) {
  if (wanted > current) return DecisionOutcome::raise;
  return wanted < current ? DecisionOutcome::lower : DecisionOutcome::keep;
}

const Candidate& winner_of(const Decision& decision) {
  return *std::ranges::max_element(decision.candidates, {}, &Candidate::capacity);
}

const Candidate* find_candidate(const Decision& decision, std::string_view source) {
  const auto it = std::ranges::find(decision.candidates, source, &Candidate::source);
  return it == decision.candidates.end() ? nullptr : &*it;
}

std::string explain_without_forecast(const Policy& policy, const Facts& facts,
                                     const Decision& decision) {
  const auto* live = find_candidate(decision, "live_need");
  std::uint64_t capacity = policy.min_capacity;
  if (live != nullptr) capacity = std::max(capacity, live->capacity);
  capacity = std::min(capacity, policy.max_capacity);
  const std::string current = facts.current_limit ? show(policy, *facts.current_limit) : "max";
  return fmt::format("without the forecast: {} (limit now {})", show(policy, capacity), current);
}

std::string explain_change(const Policy& policy, const Facts& facts, const Decision& decision,
                           std::string_view verb) {
  const std::string from = facts.current_limit ? show(policy, *facts.current_limit) : "max";
  std::string text = fmt::format("{} {} {} → {}: {}", verb, to_string(policy.knob), from,
                                 show(policy, decision.wanted), winner_of(decision).explanation);
  for (const auto& clip : decision.clips) text += "; " + clip.explanation;
  return text;
}

void conclude(const Policy& policy, const Facts& facts, Decision& decision) {
  if (!facts.current_limit) {
    // A workload without a limit is never given one from here: that would take capacity from what
    // had all of it.
    decision.outcome = DecisionOutcome::keep;
    decision.reason = fmt::format(
        "{} has no limit: there is nothing to raise, and a first limit is a person's to set",
        to_string(policy.knob));
    return;
  }
  const std::uint64_t current = *facts.current_limit;
  const std::uint64_t before_clips = decision.wanted;
  Clipper clipper(policy, decision);
  clip_to_bounds(facts, clipper);
  const bool wants_less = decision.wanted < current;
  if (wants_less) clip_reduction(facts, current, decision, clipper);

  if (is_within_tolerance(policy, decision.wanted, current) &&
      !must_rise(facts, decision, current)) {
    clipper.clip(
        "tolerance", current,
        fmt::format("a change below {:g} % is not worth an action", policy.tolerance * 100));
  }
  decision.outcome = compare(decision.wanted, current);
  switch (decision.outcome) {
    case DecisionOutcome::raise:
      decision.reason = explain_change(policy, facts, decision, "raise");
      break;
    case DecisionOutcome::lower:
      decision.reason = explain_change(policy, facts, decision, "lower");
      break;
    default:
      if (wants_less && before_clips < current && decision.clips.back().rule != "tolerance") {
        decision.outcome = DecisionOutcome::hold;
        decision.reason = fmt::format("hold {} at {}: {}", to_string(policy.knob),
                                      show(policy, current), decision.clips.back().explanation);
      } else {
        decision.reason = fmt::format("keep {} at {}: {}", to_string(policy.knob),
                                      show(policy, current), winner_of(decision).explanation);
      }
  }
  if (decision.outcome == DecisionOutcome::raise || decision.outcome == DecisionOutcome::lower) {
    decision.action =
        Adjustment{{facts.workload.cgroup, facts.cgroup_id}, policy.knob, decision.wanted};
  }
}

}  // namespace

Decision plan(const Policy& policy, const Facts& facts) {
  Decision decision;
  decision.policy = policy.name;
  decision.mode = policy.mode;
  decision.facts = facts;
  decision.knob = policy.knob;
  add_candidates(policy, facts, decision);
  const Candidate& winner = winner_of(decision);
  decision.winner = winner.source;
  decision.wanted = winner.capacity;
  decision.counter_factual = explain_without_forecast(policy, facts, decision);
  conclude(policy, facts, decision);
  return decision;
}

}  // namespace foreshock::coordinator
