#include "coordinator/lead/lead_finder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

#include "coordinator/lead/coincidence.h"
#include "coordinator/lead/load_pulses.h"
#include "coordinator/lead/significance.h"

namespace foreshock::coordinator {

namespace {

/// A command that runs more often than this in the observed time is looked at in its latest runs.
constexpr std::size_t kMostExecutions = 400;
/// Leads that explain the same onsets nearly as well as the best one: then the earliest is worth
/// most.
constexpr double kSameOnsets = 0.8;
constexpr double kAboutAsPrecise = 0.9;
constexpr double kAboutAsSharp = 0.8;
/// The newest loads tell best how high the next one will be.
constexpr std::size_t kRecentLoads = 20;
/// Longer lags need longer looks: the more lags are compared within few executions, the more fit by
/// chance.
constexpr double kMostLagShare = 1.0 / 6;
constexpr double kStepsBetweenExecAndOwnLoad = 1.5;
/// Seconds of the response after the usual end of the load, and its greatest length.
constexpr std::size_t kResponseTail = 5;
constexpr std::size_t kLongestResponse = std::size_t{4} * 3600;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Linear interpolation between order statistics. Source: Hyndman & Fan, "Sample quantiles" (1996),
/// type 7.
double sorted_quantile(const std::vector<double>& sorted, double level) {
  if (sorted.empty()) return 0;
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

/// A series as the search needs it.
struct Loaded {
  explicit Loaded(const Series& from)
      : series(&from),
        step_s(seconds(from.step)),
        length_s(step_s * static_cast<double>(from.values.size())),
        pulses(find_pulses(from)),
        scan(onsets_of(pulses), length_s, step_s) {}

  static std::vector<double> onsets_of(const std::vector<LoadPulse>& pulses) {
    std::vector<double> onsets;
    for (const LoadPulse& pulse : pulses) onsets.push_back(pulse.onset_s);
    std::sort(onsets.begin(), onsets.end());
    return onsets;
  }

  LagRange lags(const LeadFinderOptions& options) const {
    return {
        .least_s = std::max(static_cast<double>(options.min_lag.count()),
                            kStepsBetweenExecAndOwnLoad * step_s),
        .most_s = std::min(static_cast<double>(options.max_lag.count()), length_s * kMostLagShare)};
  }

  bool known_at(double time_s) const {
    const double at = time_s / step_s;
    return at >= 0 && at < static_cast<double>(series->values.size()) &&
           !std::isnan(series->values[static_cast<std::size_t>(at)]);
  }

  const Series* series;
  double step_s;
  double length_s;
  std::vector<LoadPulse> pulses;  ///< ascending onsets, as in the scan
  CoincidenceScan scan;
};

/// Executions in seconds after the series' start; one for those that come within a second or a
/// step.
std::vector<double> executions_within(const SignatureRuns& runs, const Loaded& loaded) {
  std::vector<double> times;
  const double merge = std::max(1.0, loaded.step_s);
  for (const WallTime start : runs.starts) {
    const double time = seconds(start - loaded.series->start);
    if (time < 0 || time >= loaded.length_s) continue;
    if (times.empty() || time - times.back() >= merge) times.push_back(time);
  }
  if (times.size() > kMostExecutions) times.erase(times.begin(), times.end() - kMostExecutions);
  return times;
}

/// How a lead's window fits the executions.
struct Fit {
  std::vector<double> executions;      ///< whose whole window was observed
  std::vector<std::size_t> matches;    ///< onset per execution, or kNone
  std::vector<std::size_t> explained;  ///< onsets, ascending, each once
  std::size_t matched = 0;             ///< executions

  double precision() const {
    return executions.empty()
               ? 0
               : static_cast<double>(matched) / static_cast<double>(executions.size());
  }
};

Fit fit_of(const Loaded& loaded, const CoincidenceScan& scan, const std::vector<double>& executions,
           const Coincidence& at) {
  Fit fit;
  for (const double execution : executions) {
    const double from = execution + at.lag_s - at.tolerance_s;
    const double to = execution + at.lag_s + at.tolerance_s;
    if (to < loaded.length_s && loaded.known_at(from) && loaded.known_at(to))
      fit.executions.push_back(execution);
  }
  fit.matches = scan.match(fit.executions, at.lag_s, at.tolerance_s);
  for (const std::size_t onset : fit.matches) {
    if (onset == CoincidenceScan::kNone) continue;
    ++fit.matched;
    fit.explained.push_back(onset);
  }
  std::sort(fit.explained.begin(), fit.explained.end());
  fit.explained.erase(std::unique(fit.explained.begin(), fit.explained.end()), fit.explained.end());
  return fit;
}

/// One pair on its way to a lead.
struct Pair {
  const SignatureRuns* runs = nullptr;
  std::size_t loaded = 0;  ///< index
  std::vector<double> executions;
  Coincidence best;
  Fit fit;
  double p_value = 1;
  double q_value = 1;
};

/// The same permutations for a pair whatever else is looked at. FNV-1a.
std::uint64_t seed_of(std::uint64_t seed, std::string_view signature, const SeriesKey& key) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  };
  mix(signature);
  mix(to_string(key));
  return hash;
}

bool enough(const Fit& fit, const Loaded& loaded, const Coincidence& at,
            const LeadFinderOptions& options) {
  // Half of the support as different onsets: one long load is one piece of evidence, however many
  // runs precede it.
  return fit.executions.size() >= options.min_support &&
         2 * fit.explained.size() >= options.min_support &&
         fit.precision() >= options.min_precision &&
         fit.precision() >= options.min_lift * loaded.scan.chance(at.tolerance_s);
}

/// Fills in the pair's best lag and its p-value; a pair that is ruled out before the test keeps p
/// = 1.
void examine(Pair& pair, Loaded& loaded, const LeadFinderOptions& options) {
  const LagRange range = loaded.lags(options);
  if (range.most_s <= range.least_s) return;
  pair.best = loaded.scan.best(pair.executions, range.least_s, range.most_s);
  if (pair.best.score <= 0) return;
  pair.fit = fit_of(loaded, loaded.scan, pair.executions, pair.best);
  if (!enough(pair.fit, loaded, pair.best, options)) return;
  // What load precedes, or comes together with, it does not foretell.
  if (loaded.scan.best(pair.executions, -range.most_s, range.least_s).score > pair.best.score)
    return;
  pair.p_value =
      chance_of_score(loaded.scan, pair.executions, range, pair.best.score, options.permutations,
                      seed_of(options.seed, pair.runs->signature, loaded.series->key));
}

std::size_t count_common(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  std::vector<std::size_t> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common.size();
}

bool explains_about_the_same(const Pair& candidate, const Pair& best) {
  const auto common =
      static_cast<double>(count_common(candidate.fit.explained, best.fit.explained));
  return common >= kSameOnsets * static_cast<double>(best.fit.explained.size()) &&
         candidate.fit.precision() >= kAboutAsPrecise * best.fit.precision() &&
         candidate.best.score >= kAboutAsSharp * best.best.score;
}

/// What is left of a pair without the onsets that another lead explains: does it still foretell
/// load?
bool stands_without(Pair& pair, Loaded& loaded, const std::vector<std::size_t>& explained,
                    double most_p, const LeadFinderOptions& options) {
  std::vector<double> onsets;
  for (std::size_t o = 0; o < loaded.pulses.size(); ++o) {
    if (!std::binary_search(explained.begin(), explained.end(), o))
      onsets.push_back(loaded.pulses[o].onset_s);
  }
  std::vector<double> executions;
  for (std::size_t e = 0; e < pair.fit.executions.size(); ++e) {
    if (!std::binary_search(explained.begin(), explained.end(), pair.fit.matches[e])) {
      executions.push_back(pair.fit.executions[e]);
    }
  }
  if (onsets.size() < options.min_support || executions.size() < options.min_support) return false;
  CoincidenceScan rest(std::move(onsets), loaded.length_s, loaded.step_s);
  const LagRange range = loaded.lags(options);
  const Coincidence best = rest.best(executions, range.least_s, range.most_s);
  if (best.score <= 0 || std::abs(best.lag_s - pair.best.lag_s) > pair.best.tolerance_s)
    return false;
  if (!enough(fit_of(loaded, rest, executions, best), loaded, best, options)) return false;
  return chance_of_score(rest, executions, range, best.score, options.permutations,
                         seed_of(options.seed, pair.runs->signature, loaded.series->key)) <= most_p;
}

/// Of pairs on one series that are significant each for itself, those that explain something of
/// their own.
std::vector<Pair> choose(std::vector<Pair> pairs, Loaded& loaded, double most_p,
                         const LeadFinderOptions& options) {
  std::vector<Pair> chosen;
  std::vector<std::size_t> explained;
  while (!pairs.empty()) {
    const auto best =
        std::max_element(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
          return std::tie(a.best.score, b.runs->signature) <
                 std::tie(b.best.score, a.runs->signature);
        });
    auto earliest = best;
    for (auto pair = pairs.begin(); pair != pairs.end(); ++pair) {
      if (pair->best.lag_s > earliest->best.lag_s && explains_about_the_same(*pair, *best))
        earliest = pair;
    }
    chosen.push_back(std::move(*earliest));
    pairs.erase(earliest);
    const auto& own = chosen.back().fit.explained;
    explained.insert(explained.end(), own.begin(), own.end());
    std::sort(explained.begin(), explained.end());
    std::erase_if(pairs, [&](Pair& pair) {
      return !stands_without(pair, loaded, explained, most_p, options);
    });
  }
  return chosen;
}

/// Mean of the series above its base line, per second after the executions.
std::vector<double> response_of(const Loaded& loaded, const std::vector<double>& executions,
                                double until_s, const LeadFinderOptions& options) {
  const auto& values = loaded.series->values;
  const auto window = static_cast<std::size_t>(2 * loaded.lags(options).most_s / loaded.step_s) + 1;
  const std::vector<double> base = base_line(*loaded.series, std::max<std::size_t>(window, 30));
  std::vector<double> response(
      std::min(static_cast<std::size_t>(until_s) + kResponseTail, kLongestResponse));
  for (std::size_t second = 0; second < response.size(); ++second) {
    double sum = 0;
    double count = 0;
    for (const double execution : executions) {
      const double at = execution + static_cast<double>(second);
      if (!loaded.known_at(at)) continue;
      const auto i = static_cast<std::size_t>(at / loaded.step_s);
      sum += values[i] - base[i];
      ++count;
    }
    response[second] = count > 0 ? sum / count : 0;
  }
  return response;
}

LeadCommand describe(const Pair& pair, const Loaded& loaded, const LeadFinderOptions& options) {
  std::vector<double> lags;
  for (std::size_t e = 0; e < pair.fit.executions.size(); ++e) {
    if (pair.fit.matches[e] == CoincidenceScan::kNone) continue;
    lags.push_back(loaded.pulses[pair.fit.matches[e]].onset_s - pair.fit.executions[e]);
  }
  std::sort(lags.begin(), lags.end());
  std::vector<double> heights;
  std::vector<double> durations;
  const std::size_t recent = std::min(pair.fit.explained.size(), kRecentLoads);
  for (auto onset = pair.fit.explained.end() - static_cast<std::ptrdiff_t>(recent);
       onset != pair.fit.explained.end(); ++onset) {
    const LoadPulse& pulse = loaded.pulses[*onset];
    heights.push_back(pulse.height);
    if (pulse.end_s) durations.push_back(*pulse.end_s - pulse.onset_s);
  }
  std::sort(heights.begin(), heights.end());
  std::sort(durations.begin(), durations.end());

  LeadCommand lead;
  lead.signature = pair.runs->signature;
  lead.base_names = pair.runs->base_names;
  lead.source_host = pair.runs->host;
  lead.target = loaded.series->key;
  lead.lag_s = sorted_quantile(lags, 0.5);
  lead.lag_spread_s = (sorted_quantile(lags, 0.9) - sorted_quantile(lags, 0.1)) / 2;
  lead.duration_s = durations.empty() ? loaded.step_s : sorted_quantile(durations, 0.5);
  for (const double height : heights) lead.effect += height / static_cast<double>(heights.size());
  for (std::size_t i = 0; i < kQuantileLevels.size(); ++i) {
    lead.effect_quantiles[i] = sorted_quantile(heights, kQuantileLevels[i]);
  }
  lead.support = pair.fit.executions.size();
  lead.precision = pair.fit.precision();
  lead.lift = lead.precision / loaded.scan.chance(pair.best.tolerance_s);
  lead.p_value = pair.p_value;
  lead.q_value = pair.q_value;
  lead.response = response_of(loaded, pair.fit.executions,
                              lead.lag_s + lead.lag_spread_s + lead.duration_s, options);
  return lead;
}

/// All pairs with the support for a test, in an order that does not depend on the input's.
std::vector<Pair> make_pairs(const std::vector<Loaded>& loads,
                             const std::vector<SignatureRuns>& runs,
                             const LeadFinderOptions& options) {
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < loads.size(); ++s) {
    if (loads[s].pulses.size() < options.min_support) continue;
    for (const SignatureRuns& signature : runs) {
      std::vector<double> executions = executions_within(signature, loads[s]);
      if (executions.size() < options.min_support) continue;
      Pair& pair = pairs.emplace_back();
      pair.runs = &signature;
      pair.loaded = s;
      pair.executions = std::move(executions);
    }
  }
  return pairs;
}

}  // namespace

std::vector<LeadCommand> find_leads(const std::vector<Series>& series,
                                    const std::vector<SignatureRuns>& runs,
                                    const LeadFinderOptions& options) {
  std::vector<Loaded> loads;
  for (const Series& one : series) {
    if (one.step.count() > 0 && !one.values.empty()) loads.emplace_back(one);
  }
  std::vector<Pair> pairs = make_pairs(loads, runs, options);
  std::vector<double> p_values;
  std::vector<std::size_t> signature_of;
  std::map<const SignatureRuns*, std::size_t> numbers;
  for (Pair& pair : pairs) {
    examine(pair, loads[pair.loaded], options);
    p_values.push_back(pair.p_value);
    signature_of.push_back(numbers.try_emplace(pair.runs, numbers.size()).first->second);
  }
  const std::vector<double> q_values =
      false_discovery_q(p_values, signature_of, options.false_discovery_rate);
  double most_p = 0;
  std::vector<std::vector<Pair>> significant(loads.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i].q_value = q_values[i];
    if (q_values[i] > options.false_discovery_rate) continue;
    most_p = std::max(most_p, pairs[i].p_value);
    significant[pairs[i].loaded].push_back(std::move(pairs[i]));
  }
  std::vector<LeadCommand> leads;
  for (std::size_t s = 0; s < loads.size(); ++s) {
    for (const Pair& pair : choose(std::move(significant[s]), loads[s], most_p, options)) {
      leads.push_back(describe(pair, loads[s], options));
    }
  }
  std::sort(leads.begin(), leads.end(), [](const LeadCommand& a, const LeadCommand& b) {
    return std::tie(a.p_value, a.target, a.signature, a.source_host) <
           std::tie(b.p_value, b.target, b.signature, b.source_host);
  });
  return leads;
}

}  // namespace foreshock::coordinator
