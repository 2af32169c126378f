#pragma once

#include "coordinator/model/decision.h"

namespace foreshock::coordinator::test {

inline const WallTime kNow{std::chrono::hours(24 * 20000)};

/// A decision with something in each of its parts: a raise because a lead command was seen 3 s ago.
inline Decision make_decision() {
  Decision decision;
  decision.policy = "web";
  decision.mode = PolicyMode::auto_;
  decision.knob = Knob::cpu_max;
  Facts& facts = decision.facts;
  facts.now = kNow;
  facts.workload = {3, "/work.slice"};
  facts.host_name = "alpha";
  facts.cgroup_id = 42;
  facts.current_limit = 500;
  facts.live_use = 400;
  facts.sample_age = std::chrono::milliseconds(800);
  Forecast forecast;
  forecast.key = {facts.workload, Quantity::cpu_usage};
  forecast.made_at = kNow - std::chrono::seconds(5);
  forecast.start = kNow;
  forecast.step = std::chrono::seconds(1);
  forecast.model = "holt_winters+leads";
  for (int i = 0; i < 120; ++i) {
    const double mean = i == 77 ? 1.5 : 0.25;
    forecast.mean.push_back(mean);
    forecast.quantiles.push_back(
        {mean, mean, mean - 0.125, mean, mean + 0.125, mean + 0.25, mean + 0.25});
  }
  forecast.leads.push_back({.signature = "train.py --epochs <n>",
                            .seen = kNow - std::chrono::seconds(3),
                            .expected_onset = kNow + std::chrono::seconds(12),
                            .expected_end = kNow + std::chrono::seconds(40),
                            .effect = 1.25});
  facts.forecast = forecast;
  decision.candidates = {{"forecast", 1800, "p90 of the forecast"},
                         {"live_need", 480, "use and headroom"}};
  decision.winner = "forecast";
  decision.clips = {{"max", 1800, 1500, "the policy's maximum"}};
  decision.wanted = 1500;
  decision.outcome = DecisionOutcome::raise;
  decision.reason = "train.py announces 1.25 cores";
  decision.counter_factual = "keep 500m";
  decision.action = Adjustment{{"/work.slice", 42}, Knob::cpu_max, 1500};
  return decision;
}

inline ActionOutcome make_outcome(std::uint64_t decision_id) {
  return {.command_id = 9,
          .decision_id = decision_id,
          .status = ActionStatus::applied,
          .refusal = Refusal::none,
          .detail = "",
          .target = {"/work.slice", 42},
          .knob = Knob::cpu_max,
          .before = 500,
          .requested = 1500,
          .after = 1500,
          .time = kNow + std::chrono::milliseconds(20)};
}

}  // namespace foreshock::coordinator::test
