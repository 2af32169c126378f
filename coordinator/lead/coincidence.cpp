#include "coordinator/lead/coincidence.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace foreshock::coordinator {

namespace {

/// Tolerances as steps of the series. Onsets are known to about half a step.
constexpr double kTolerances[] = {0.6, 1.2, 2.5, 5, 10};
/// Where chance matches more than this, a match says nothing.
constexpr double kMostChance = 0.5;

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

CoincidenceScan::CoincidenceScan(std::vector<double> onsets, double length_s, double step_s)
    : onsets_(std::move(onsets)), length_s_(length_s), step_s_(step_s) {
  for (const double steps : kTolerances) {
    const double share = chance(steps * step_s_);
    if (share <= 0 || share > kMostChance) continue;
    scales_.push_back({steps * step_s_, std::log(share), std::log1p(-share)});
  }
}

double CoincidenceScan::chance(double tolerance_s) const {
  double covered = 0;
  double until = 0;
  for (const double onset : onsets_) {
    const double from = std::max(until, onset - tolerance_s);
    until = std::min(length_s_, onset + tolerance_s);
    if (until > from) covered += until - from;
  }
  return length_s_ > 0 ? covered / length_s_ : 0;
}

Coincidence CoincidenceScan::best(const std::vector<double>& executions, double least_s,
                                  double most_s) {
  distances_.clear();
  std::size_t first = 0;
  for (const double execution : executions) {
    while (first < onsets_.size() && onsets_[first] < execution + least_s) ++first;
    for (std::size_t o = first; o < onsets_.size() && onsets_[o] <= execution + most_s; ++o) {
      distances_.push_back(onsets_[o] - execution);
    }
  }
  std::sort(distances_.begin(), distances_.end());
  Coincidence best;
  for (const Scale& scale : scales_) {
    const Coincidence found = best_at(scale, executions);
    if (found.score > best.score) best = found;
  }
  return best;
}

Coincidence CoincidenceScan::best_at(const Scale& scale,
                                     const std::vector<double>& executions) const {
  Coincidence best{.lag_s = 0, .tolerance_s = scale.tolerance_s, .score = 0};
  std::size_t best_from = 0;
  std::size_t best_to = 0;
  std::size_t best_observed = 0;
  std::size_t best_matched = 0;
  std::size_t to = 0;
  std::size_t observed = executions.size();
  for (std::size_t from = 0; from < distances_.size(); ++from) {
    while (to < distances_.size() && distances_[to] <= distances_[from] + 2 * scale.tolerance_s)
      ++to;
    // Executions so late that their window ends after the stretch say nothing about this lag.
    const double latest = length_s_ - distances_[from] - 2 * scale.tolerance_s;
    while (observed > 0 && executions[observed - 1] > latest) --observed;
    const std::size_t matched = std::min(to - from, observed);
    if (matched < 2) continue;
    // The score grows with the matches and nothing else has changed.
    if (observed == best_observed && matched <= best_matched) continue;
    const auto n = static_cast<double>(observed);
    const auto k = static_cast<double>(matched);
    double score = k * (std::log(k / n) - scale.log_chance);
    if (matched < observed) score += (n - k) * (std::log((n - k) / n) - scale.log_rest);
    if (std::log(k / n) <= scale.log_chance || score <= best.score) continue;
    best.score = score;
    best_observed = observed;
    best_matched = matched;
    best_from = from;
    best_to = to;
  }
  if (best.score > 0) {
    best.lag_s = median_of({distances_.begin() + static_cast<std::ptrdiff_t>(best_from),
                            distances_.begin() + static_cast<std::ptrdiff_t>(best_to)});
  }
  return best;
}

std::vector<std::size_t> CoincidenceScan::match(const std::vector<double>& executions, double lag_s,
                                                double tolerance_s) const {
  std::vector<std::size_t> matches(executions.size(), kNone);
  for (std::size_t e = 0; e < executions.size(); ++e) {
    const auto onset =
        std::lower_bound(onsets_.begin(), onsets_.end(), executions[e] + lag_s - tolerance_s);
    if (onset != onsets_.end() && *onset <= executions[e] + lag_s + tolerance_s) {
      matches[e] = static_cast<std::size_t>(onset - onsets_.begin());
    }
  }
  return matches;
}

}  // namespace foreshock::coordinator
