#include "coordinator/lead/lead_response.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "coordinator/lead/quantiles.h"
#include "coordinator/lead/size_rule.h"

namespace foreshock::coordinator {

namespace {

constexpr double kClearRise = 3;
constexpr double kEndShare = 1.0 / 3;
constexpr std::size_t kLevelSteps = 8;
constexpr std::size_t kTopSteps = 5;
constexpr double kLongest_s = 6 * 3600;
constexpr double kDay_s = 86400;
/// A change of ways must be so much likelier than none (logarithm of the likelihood ratio; the
/// place of the change is searched for, so more than a test of one place needs).
constexpr double kClearChange = 6;

double median_between(const std::vector<double>& values, std::size_t from, std::size_t to) {
  to = std::min(to, values.size());
  if (from >= to) return kUnknownLoad;
  return median_of({values.begin() + static_cast<std::ptrdiff_t>(from),
                    values.begin() + static_cast<std::ptrdiff_t>(to)});
}

/// The clearest onset within [from, to] steps, if there is one.
std::optional<std::size_t> find_onset(const OnsetEvidence& evidence, std::size_t scale,
                                      std::size_t from, std::size_t to) {
  const auto& load = evidence.load();
  std::optional<std::size_t> best;
  double steepest = 0;
  for (std::size_t i = std::max<std::size_t>(from, 4); i <= to && i + 4 < load.size(); ++i) {
    if (evidence.rise(scale, i) < kClearRise) continue;
    const double jump = median_between(load, i + 1, i + 4) - median_between(load, i - 3, i);
    if (jump > steepest) {
      steepest = jump;
      best = i;
    }
  }
  return best;
}

/// Fills in onset, height and duration of the load that rises at step `at`.
void measure_load(const OnsetEvidence& evidence, std::size_t at, LeadOutcome& outcome) {
  const auto& load = evidence.load();
  const double step_s = evidence.step_s();
  const double before = median_between(load, at < kLevelSteps ? 0 : at - kLevelSteps, at);
  const double top = median_between(load, at + 1, at + 1 + kTopSteps) - before;
  double onset = static_cast<double>(at) - 1;
  for (std::size_t k = at - 1; k <= at + 1; ++k) {
    const double filled = std::isnan(load[k]) ? (k > at ? 1 : 0) : (load[k] - before) / top;
    onset += 1 - std::clamp(filled, 0.0, 1.0);
  }
  outcome.lag_s = onset * step_s - outcome.at_s;
  // The level below goes with the time of day meanwhile.
  const double scale = before / evidence.baseline().profile_at(at);
  const auto longest = static_cast<std::size_t>(kLongest_s / step_s);
  double sum = 0, count = 0;
  std::size_t end = at + 1;
  for (; end < std::min(load.size(), at + longest); ++end) {
    const double below = scale * evidence.baseline().profile_at(end);
    const double smooth = median_between(load, end, end + 3) - below;
    if (smooth < kEndShare * (count > 0 ? sum / count : top)) break;
    if (std::isnan(load[end])) continue;
    sum += load[end] - below;
    ++count;
  }
  outcome.height = count > 0 ? sum / count : top;
  outcome.duration_s = std::max(step_s, (static_cast<double>(end) - onset) * step_s);
}

/// Whether an onset is found between two steps.
bool has_onset(const OnsetEvidence& evidence, std::size_t scale, std::ptrdiff_t from,
               std::ptrdiff_t to) {
  for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(0, from);
       i <= to && i < static_cast<std::ptrdiff_t>(evidence.steps()); ++i) {
    if (evidence.rise(scale, static_cast<std::size_t>(i)) >= kClearRise) return true;
  }
  return false;
}

/// Share of the windows of other times that hold an onset: the same times of other days, or, of
/// a command that runs every day at the same time, an hour and more from it. Windows of the
/// command's own runs are left out.
double chance_at_placebo_times(const FoundLead& lead, const std::vector<OnsetEvidence>& evidence,
                               std::size_t least, std::size_t most) {
  const OnsetEvidence& any = evidence.front();
  const auto steps = static_cast<std::ptrdiff_t>(any.steps());
  const auto width = static_cast<std::ptrdiff_t>(most - least);
  auto day = static_cast<std::ptrdiff_t>(kDay_s / any.step_s());
  if (steps < 2 * day) day = steps / 7 + 1;
  const auto hour =
      std::max<std::ptrdiff_t>(2 * width, static_cast<std::ptrdiff_t>(3600 / any.step_s()));
  std::set<std::pair<std::size_t, std::ptrdiff_t>> own;
  for (const ScannedRun& run : lead.scanned)
    own.emplace(run.target, static_cast<std::ptrdiff_t>(run.step));
  double hits = 0, count = 0;
  const auto look_at = [&](const ScannedRun& run, std::ptrdiff_t shift) {
    const auto at = ((static_cast<std::ptrdiff_t>(run.step) + shift) % steps + steps) % steps;
    const auto near = own.lower_bound({run.target, at - width - 2});
    if (near != own.end() && near->first == run.target && near->second <= at + width + 2) return;
    ++count;
    hits +=
        has_onset(evidence[run.target], lead.peak.scale, at + static_cast<std::ptrdiff_t>(least),
                  at + static_cast<std::ptrdiff_t>(most))
            ? 1
            : 0;
  };
  for (const ScannedRun& run : lead.scanned) {
    for (const std::ptrdiff_t turn : {-3, -2, -1, 1, 2, 3}) look_at(run, turn * day);
  }
  if (count < static_cast<double>(lead.scanned.size())) {
    for (const ScannedRun& run : lead.scanned) {
      for (const std::ptrdiff_t turn : {-2, -1, 1, 2}) look_at(run, turn * hour);
    }
  }
  return (hits + 0.5) / (count + 1);
}

double log_likelihood(double hits, double count) {
  if (hits <= 0 || hits >= count) return 0;
  return hits * std::log(hits / count) + (count - hits) * std::log1p(-hits / count);
}

/// Index of the outcome since which the share of followed runs has not changed.
std::size_t find_last_change(const std::vector<LeadOutcome>& outcomes) {
  std::size_t begin = 0;
  while (true) {
    const auto n = static_cast<double>(outcomes.size() - begin);
    double all = 0;
    for (std::size_t i = begin; i < outcomes.size(); ++i) all += outcomes[i].followed ? 1 : 0;
    double early = 0, best_gain = kClearChange;
    std::size_t best = begin;
    for (std::size_t i = begin; i + 1 < outcomes.size(); ++i) {
      early += outcomes[i].followed ? 1 : 0;
      const double count = static_cast<double>(i + 1 - begin);
      const double gain = log_likelihood(early, count) + log_likelihood(all - early, n - count) -
                          log_likelihood(all, n);
      if (gain > best_gain) {
        best_gain = gain;
        best = i + 1;
      }
    }
    if (best == begin) return begin;
    begin = best;
  }
}

std::vector<double> curve_of(const FoundLead& lead, const std::vector<OnsetEvidence>& evidence,
                             std::size_t until) {
  std::vector<double> sum(LeadResponse::kCurveBefore + until + 1), count(sum.size());
  for (const ScannedRun& run : lead.scanned) {
    const OnsetEvidence& one = evidence[run.target];
    for (std::size_t k = 0; k < sum.size(); ++k) {
      const std::size_t shifted = run.step + k;
      if (shifted < LeadResponse::kCurveBefore) continue;
      const std::size_t i = shifted - LeadResponse::kCurveBefore;
      if (i >= one.steps() || std::isnan(one.load()[i])) continue;
      sum[k] += one.load()[i] - one.baseline().at(i);
      ++count[k];
    }
  }
  for (std::size_t k = 0; k < sum.size(); ++k) sum[k] = count[k] > 0 ? sum[k] / count[k] : 0;
  return sum;
}

void summarise(LeadResponse& response) {
  std::vector<double> lags, heights, durations;
  for (const LeadOutcome& outcome : response.outcomes) {
    if (!outcome.followed) continue;
    lags.push_back(outcome.lag_s);
    heights.push_back(outcome.height);
    durations.push_back(outcome.duration_s);
  }
  if (lags.empty()) return;
  std::sort(lags.begin(), lags.end());
  std::sort(durations.begin(), durations.end());
  response.lag_s = quantile_of_sorted(lags, 0.5);
  response.lag_low_s = quantile_of_sorted(lags, 0.1);
  response.lag_high_s = quantile_of_sorted(lags, 0.9);
  response.duration_s = quantile_of_sorted(durations, 0.5);
  const auto n = static_cast<double>(heights.size());
  double sum = 0, squares = 0;
  for (const double height : heights) {
    sum += height;
    squares += height * height;
  }
  response.effect = sum / n;
  const double error =
      n > 1 ? 1.645 * std::sqrt(std::max(0.0, squares / n - response.effect * response.effect) /
                                (n - 1))
            : std::abs(response.effect);
  response.effect_low = response.effect - error;
  response.effect_high = response.effect + error;
}

/// Needs lags and durations of the followed runs.
void measure_uplifts(LeadResponse& response, const std::vector<OnsetEvidence>& evidence) {
  for (LeadOutcome& outcome : response.outcomes) {
    const OnsetEvidence& one = evidence[outcome.target];
    const double step_s = one.step_s();
    const auto run = static_cast<std::size_t>(outcome.at_s / step_s);
    const auto from = static_cast<std::size_t>((outcome.at_s + response.lag_high_s) / step_s) + 1;
    const auto to = static_cast<std::size_t>(
        (outcome.at_s + response.lag_low_s + response.duration_s) / step_s);
    const double before =
        median_between(one.load(), run < kLevelSteps ? 0 : run - kLevelSteps, run);
    const double after = median_between(one.load(), from, std::max(to, from + 3));
    outcome.uplift =
        after - before * one.baseline().profile_at(from) / one.baseline().profile_at(run);
  }
}

/// How high the load is that the runs which nothing clear followed had, as a share of that of the
/// others: some had load that other loads covered, or a low one.
double unseen_share(const LeadResponse& response, std::size_t from) {
  std::vector<double> seen, unseen;
  for (std::size_t i = from; i < response.outcomes.size(); ++i) {
    const LeadOutcome& outcome = response.outcomes[i];
    const double usual = response.usual_load[outcome.target];
    if (usual > 0) (outcome.followed ? seen : unseen).push_back(outcome.uplift / usual);
  }
  const double high = median_of(std::move(seen));
  const double low = median_of(std::move(unseen));
  return high > 0 && low > 0 ? std::min(1.0, low / high) : 0;
}

void judge_probability(LeadResponse& response) {
  const auto& outcomes = response.outcomes;
  if (outcomes.empty()) return;
  const auto share = [&](std::size_t from) {
    double hits = 0;
    for (std::size_t i = from; i < outcomes.size(); ++i) hits += outcomes[i].followed ? 1 : 0;
    return hits / static_cast<double>(outcomes.size() - from);
  };
  const std::size_t change = find_last_change(outcomes);
  response.precision = share(0);
  response.since_s = change > 0 ? outcomes[change].at_s : 0;
  const double seen = std::clamp(
      (share(change) - response.by_chance) / std::max(0.05, 1 - response.by_chance), 0.0, 1.0);
  response.probability = seen + (1 - seen) * seen * unseen_share(response, change);
}

}  // namespace

LeadResponse measure_response(const FoundLead& lead, const LeadHistory& history,
                              const std::vector<OnsetEvidence>& evidence) {
  LeadResponse response;
  const std::size_t half = lead.peak.width / 2 + 1;
  const std::size_t least = lead.peak.lag > half ? lead.peak.lag - half : 0;
  const std::size_t most = lead.peak.lag + half;
  response.least_lag_s = static_cast<double>(least) * history.step_s;
  response.most_lag_s = static_cast<double>(most + 1) * history.step_s;
  for (const OnsetEvidence& one : evidence) response.usual_load.push_back(median_of(one.load()));
  const auto& runs = history.commands[lead.command].runs;
  for (std::size_t i = 0; i < lead.runs.size(); ++i) {
    const ScannedRun& run = lead.scanned[i];
    const OnsetEvidence& one = evidence[run.target];
    if (run.step + most + OnsetEvidence::kWindows[lead.peak.scale].after >= one.steps()) continue;
    LeadOutcome outcome{.run = lead.runs[i], .target = run.target, .at_s = runs[lead.runs[i]].at_s};
    if (const auto onset = find_onset(one, lead.peak.scale, run.step + least, run.step + most)) {
      outcome.followed = true;
      measure_load(one, *onset, outcome);
    }
    response.outcomes.push_back(outcome);
  }
  summarise(response);
  measure_uplifts(response, evidence);
  response.by_chance = chance_at_placebo_times(lead, evidence, least, most);
  judge_probability(response);
  response.size = find_size_rule(response, runs);
  response.curve = curve_of(
      lead, evidence, most + static_cast<std::size_t>(response.duration_s / history.step_s) + 10);
  return response;
}

}  // namespace foreshock::coordinator
