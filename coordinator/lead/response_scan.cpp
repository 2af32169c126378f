#include "coordinator/lead/response_scan.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

namespace foreshock::coordinator {

namespace {

/// Window sums reach this far beyond the lags.
constexpr std::size_t kPad = ResponseScan::kWidths.back() / 2;
/// Draws of chance: as many as cost about this many runs, within bounds.
constexpr std::size_t kDrawnRuns = 15'000;
constexpr std::size_t kLeastDraws = 40;
constexpr std::size_t kMostDraws = 400;
constexpr double kDay_s = 86400;
constexpr double kShift_s = 30 * 60;
/// Maxima of few draws may look more alike than they are.
constexpr double kLeastGumbelScale = 0.7;

/// Sums of bounded terms have tails between those of a Poisson and of a normal distribution (log of
/// the chance falls like z·log z to z²): bent so, they are nearly exponential, as a Gumbel tail is.
double bend(double z) {
  return std::pow(std::max(0.0, z), 1.5);
}

double variance_of_window_sums(const OnsetEvidence& evidence, std::size_t scale,
                               std::size_t width) {
  double sum = 0, total = 0, squares = 0, count = 0;
  for (std::size_t i = 0; i < evidence.steps(); ++i) {
    sum += evidence.surprise(scale, i);
    if (i + 1 < width) continue;
    total += sum;
    squares += sum * sum;
    ++count;
    sum -= evidence.surprise(scale, i + 1 - width);
  }
  if (count == 0) return 1;
  const double mean = total / count;
  return std::max(1e-6, squares / count - mean * mean);
}

}  // namespace

ResponseScan::ResponseScan(const std::vector<OnsetEvidence>& evidence, std::size_t least_lag,
                           std::size_t most_lag)
    : evidence_(evidence),
      least_lag_(least_lag),
      most_lag_(most_lag),
      steps_(evidence.empty() ? 0 : evidence.front().steps()) {
  for (std::size_t scale = 0; scale < OnsetEvidence::kScales; ++scale) {
    for (std::size_t w = 0; w < kWidths.size(); ++w) {
      for (const OnsetEvidence& one : evidence)
        variances_[scale][w].push_back(variance_of_window_sums(one, scale, kWidths[w]));
    }
  }
}

void ResponseScan::add_up(const std::vector<ScannedRun>& runs, std::size_t scale,
                          std::vector<double>& by_lag) const {
  const std::size_t reach = kBefore + kPad;
  by_lag.assign(reach + most_lag_ + kPad + 1, 0.0);
  for (const ScannedRun& run : runs) {
    const OnsetEvidence& evidence = evidence_[run.target];
    const std::size_t skip = run.step < reach ? reach - run.step : 0;
    const std::size_t first = run.step + skip - reach;
    if (first >= steps_) continue;
    const std::size_t count = std::min(by_lag.size() - skip, steps_ - first);
    const double* surprise = evidence.surprises(scale).data() + first;
    double* sum = by_lag.data() + skip;
    for (std::size_t i = 0; i < count; ++i) sum[i] += surprise[i];
  }
}

ResponsePeak ResponseScan::peak(const std::vector<ScannedRun>& runs) const {
  ResponsePeak best;
  std::vector<double> by_lag;
  std::vector<double> running;
  for (std::size_t scale = 0; scale < OnsetEvidence::kScales; ++scale) {
    add_up(runs, scale, by_lag);
    running.assign(by_lag.size() + 1, 0.0);
    std::partial_sum(by_lag.begin(), by_lag.end(), running.begin() + 1);
    for (std::size_t w = 0; w < kWidths.size(); ++w) {
      double variance = 0;
      for (const ScannedRun& run : runs) variance += variances_[scale][w][run.target];
      if (variance <= 0) continue;
      const double per_sum = 1 / std::sqrt(variance);
      const std::size_t half = kWidths[w] / 2;
      for (std::size_t at = kPad; at + kPad < by_lag.size(); ++at) {
        const double z = (running[at + half + 1] - running[at - half]) * per_sum;
        if (at < kPad + kBefore) {
          best.z_before = std::max(best.z_before, z);
        } else if (at >= kPad + kBefore + least_lag_ && z > best.z) {
          best.z = z;
          best.scale = scale;
          best.lag = at - kPad - kBefore;
          best.width = kWidths[w];
        }
      }
    }
  }
  return best;
}

double ResponseScan::Chance::of(double z) const {
  return -std::expm1(-std::exp(-(bend(z) - location) / scale));
}

ResponseScan::Chance ResponseScan::chance(const std::vector<ScannedRun>& runs,
                                          std::uint64_t seed) const {
  if (runs.empty() || steps_ == 0) return {};
  const double step_s = evidence_.front().step_s();
  std::size_t day = std::max<std::size_t>(1, static_cast<std::size_t>(kDay_s / step_s));
  // Without two days to swap, the whole stretch is turned.
  const bool has_days = steps_ >= 2 * day;
  if (!has_days) day = steps_;
  const std::size_t days = (steps_ + day - 1) / day;
  const auto shift =
      static_cast<std::ptrdiff_t>(has_days ? kShift_s / step_s : static_cast<double>(steps_) / 2);
  std::mt19937_64 engine(seed);
  std::uniform_int_distribution<std::ptrdiff_t> draw_shift(-shift, shift);
  const std::size_t draws = std::clamp(kDrawnRuns / runs.size(), kLeastDraws, kMostDraws);
  std::vector<std::size_t> other_day(days);
  std::iota(other_day.begin(), other_day.end(), std::size_t{0});
  std::vector<std::ptrdiff_t> moved(days);
  std::vector<ScannedRun> drawn(runs.size());
  double sum = 0, squares = 0;
  for (std::size_t d = 0; d < draws; ++d) {
    std::shuffle(other_day.begin(), other_day.end(), engine);
    for (auto& by : moved) by = draw_shift(engine);
    const auto steps = static_cast<std::ptrdiff_t>(steps_);
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const std::size_t from = runs[r].step / day;
      const auto at =
          static_cast<std::ptrdiff_t>(other_day[from] * day + runs[r].step % day) + moved[from];
      drawn[r] = {runs[r].target, static_cast<std::size_t>((at % steps + steps) % steps)};
    }
    const double bent = bend(peak(drawn).z);
    sum += bent;
    squares += bent * bent;
  }
  const auto n = static_cast<double>(draws);
  const double deviation = std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
  Chance chance;
  chance.scale = std::max(kLeastGumbelScale, deviation * std::sqrt(6.0) / std::numbers::pi);
  chance.location = sum / n - std::numbers::egamma * chance.scale;
  return chance;
}

}  // namespace foreshock::coordinator
