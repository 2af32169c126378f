#include "coordinator/lead/announced_load.h"

#include <algorithm>
#include <cmath>

#include "coordinator/lead/quantiles.h"
#include "coordinator/lead/size_rule.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kLevelSteps = 8;
/// A jump is the load when it is this share of what the lead usually brings.
constexpr double kOwnShare = 0.4;
constexpr double kEndShare = 1.0 / 3;
/// Own examples of a host are preferred from so many on.
constexpr std::size_t kEnoughOfOneHost = 8;
constexpr std::size_t kLeastStepsSeen = 2;
constexpr double kMostDeviations = 2.5;

double median_between(const std::vector<double>& values, std::size_t from, std::size_t to) {
  to = std::min(to, values.size());
  if (from >= to) return kUnknownLoad;
  return median_of({values.begin() + static_cast<std::ptrdiff_t>(from),
                    values.begin() + static_cast<std::ptrdiff_t>(to)});
}

/// How much larger a run with this argument is than one with that.
double ratio_of(const SizeRule::Line& line, double wanted, double had) {
  const double least = 0.1 * (std::abs(line.offset) + std::abs(line.slope * had));
  return std::clamp(std::max(least, line.at(wanted)) / std::max(least, line.at(had)), 0.1, 10.0);
}

}  // namespace

AnnouncedLoad::AnnouncedLoad(const LeadResponse& response,
                             const std::vector<CommandRun>& learned_runs, const CommandRun& run,
                             std::size_t target, const std::vector<double>& load, double step_s)
    : response_(response),
      run_(run),
      target_(target),
      step_s_(step_s),
      now_s_(static_cast<double>(load.size()) * step_s) {
  take_examples(learned_runs);
  if (examples_.empty()) return;
  find_running(load);
  if (running_) {
    if (running_->end_s) return;
    probability_ = 1;
    std::erase_if(examples_,
                  [&](const Example& one) { return running_->onset_s + one.duration_s <= now_s_; });
    return;
  }
  const double elapsed = now_s_ - run_.at_s;
  const auto before = static_cast<double>(examples_.size());
  // An onset within the last steps cannot be told from noise yet.
  const double seen = elapsed - static_cast<double>(kLeastStepsSeen - 1) * step_s_;
  std::erase_if(examples_, [&](const Example& one) { return one.lag_s <= seen; });
  const double still = static_cast<double>(examples_.size()) / before;
  const double p = response.probability;
  probability_ = examples_.empty() ? 0 : p * still / (p * still + 1 - p);
}

void AnnouncedLoad::take_examples(const std::vector<CommandRun>& learned_runs) {
  std::size_t own = 0;
  for (const LeadOutcome& outcome : response_.outcomes) {
    if (outcome.followed && outcome.target == target_) ++own;
  }
  std::vector<double> lags;
  for (const LeadOutcome& outcome : response_.outcomes) {
    if (!outcome.followed) continue;
    if (own >= kEnoughOfOneHost && outcome.target != target_) continue;
    const double usual = response_.usual_load[outcome.target];
    if (!(usual > 0)) continue;
    Example example{.lag_s = outcome.lag_s,
                    .height = outcome.height / usual * response_.usual_load[target_],
                    .duration_s = outcome.duration_s};
    if (response_.size) {
      const auto wanted = value_of(run_, response_.size->argument);
      const auto had = value_of(learned_runs[outcome.run], response_.size->argument);
      if (wanted && had) {
        example.height *= ratio_of(response_.size->height, *wanted, *had);
        example.duration_s *= ratio_of(response_.size->duration, *wanted, *had);
      }
    }
    lags.push_back(example.lag_s);
    examples_.push_back(example);
  }
  if (lags.empty()) return;
  std::sort(lags.begin(), lags.end());
  // Loads that came by chance within the window are no examples.
  const double middle = quantile_of_sorted(lags, 0.5);
  const double reach = kMostDeviations / 1.349 *
                       (quantile_of_sorted(lags, 0.75) - quantile_of_sorted(lags, 0.25) + step_s_);
  std::erase_if(examples_,
                [&](const Example& one) { return std::abs(one.lag_s - middle) > reach; });
  // Silverman's rule with the interquartile range: few examples are smoothed into a distribution.
  const double range = quantile_of_sorted(lags, 0.75) - quantile_of_sorted(lags, 0.25);
  lag_jitter_s_ = 0.67 * range * std::pow(static_cast<double>(lags.size()), -0.2);
}

void AnnouncedLoad::find_running(const std::vector<double>& load) {
  std::vector<double> heights;
  for (const Example& one : examples_) heights.push_back(one.height);
  const double needed = kOwnShare * median_of(heights);
  const double from_s = run_.at_s + response_.least_lag_s;
  const auto from = static_cast<std::size_t>(std::max(0.0, from_s / step_s_));
  const auto to =
      static_cast<std::size_t>(std::max(0.0, (run_.at_s + response_.most_lag_s) / step_s_));
  double largest = needed;
  std::size_t at = 0;
  for (std::size_t k = std::max<std::size_t>(1, from);
       k <= to && k + kLeastStepsSeen < load.size() + 1; ++k) {
    const double before = median_between(load, k < kLevelSteps ? 0 : k - kLevelSteps, k);
    const double after = median_between(load, k + 1, k + 5);
    const double jump = std::min(after, median_between(load, k + 1, k + 3)) - before;
    if (!(jump > largest)) continue;
    largest = jump;
    at = k;
  }
  if (at == 0) return;
  const double before = median_between(load, at < kLevelSteps ? 0 : at - kLevelSteps, at);
  const double filled = std::clamp((load[at] - before) / largest, 0.0, 1.0);
  RunningLoad running{
      .onset_s = (static_cast<double>(at + 1) - (std::isnan(filled) ? 0.5 : filled)) * step_s_,
      .height = largest,
      .end_s = std::nullopt};
  double sum = 0, count = 0;
  for (std::size_t i = at + 1; i < load.size(); ++i) {
    const double smooth = median_between(load, i, i + 3) - before;
    if (count > 1 && smooth < kEndShare * running.height) {
      running.end_s = static_cast<double>(i) * step_s_;
      break;
    }
    if (std::isnan(load[i])) continue;
    sum += load[i] - before;
    ++count;
    running.height = sum / count;
  }
  running_ = running;
}

std::optional<AnnouncedLoad::Path> AnnouncedLoad::draw(std::mt19937_64& engine) const {
  std::uniform_real_distribution<double> uniform(0, 1);
  if (probability_ <= 0 || uniform(engine) >= probability_) return std::nullopt;
  if (examples_.empty()) {
    // It lasts longer than any before: it may end any minute.
    return Path{running_->onset_s,
                now_s_ + step_s_ - response_.duration_s / 3 * std::log1p(-uniform(engine)),
                running_->height};
  }
  const auto& example =
      examples_[static_cast<std::size_t>(uniform(engine) * static_cast<double>(examples_.size()))];
  if (running_)
    return Path{running_->onset_s, running_->onset_s + example.duration_s, running_->height};
  std::normal_distribution<double> jitter(0, lag_jitter_s_ + 1);
  const double onset = std::max(now_s_ - step_s_, run_.at_s + example.lag_s + jitter(engine));
  return Path{onset, onset + example.duration_s, example.height};
}

}  // namespace foreshock::coordinator
