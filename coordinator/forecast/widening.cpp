#include "coordinator/forecast/widening.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace foreshock::coordinator {

namespace {

/// The normal distribution's at kQuantileLevels.
constexpr std::array<double, 7> kNormal = {-1.960, -1.645, -1.2816, 0, 1.2816, 1.645, 1.960};
constexpr double kLeastStretches = 3;
constexpr std::size_t kBefore = 79;  ///< points that stand for the forecast
constexpr std::size_t kAfter = 19;   ///< points that stand for the history

// What makes a shift of level. A week before, so that weekends are none.
constexpr std::size_t kUnitsBefore = 7;
constexpr std::size_t kUnitsAfter = 2;
constexpr std::size_t kRarePercent = 2;
constexpr std::size_t kSeenPerUnit = 24;

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// The forecast's value at any level; beyond the outer quantiles half an interval is left.
double value_at(const Quantiles& quantiles, double level) {
  std::size_t q = 0;
  while (q + 2 < quantiles.size() && kQuantileLevels[q + 1] < level) ++q;
  const double share = (level - kQuantileLevels[q]) / (kQuantileLevels[q + 1] - kQuantileLevels[q]);
  return quantiles[q] + std::clamp(share, -0.5, 1.5) * (quantiles[q + 1] - quantiles[q]);
}

struct Mass {
  double value;
  double share;
};

}  // namespace

void widen_for_few(Quantiles& quantiles, double stretches) {
  const double degrees = std::max(kLeastStretches, stretches);
  const double median = quantiles[3];
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    const double factor = 1 + (kNormal[q] * kNormal[q] + 1) / (4 * degrees);
    quantiles[q] = median + factor * (quantiles[q] - median);
  }
}

void hold_above(Quantiles& quantiles, double least) {
  const double median = quantiles[3];
  if (median <= least) return;
  for (double& quantile : quantiles) {
    if (quantile >= least) continue;
    const double beyond = (least - quantile) / (median - quantile);
    quantile = least - (least - quantile) * beyond * beyond;
  }
}

std::size_t count_shifts(std::span<const double> values, std::size_t unit) {
  const std::size_t apart = std::max<std::size_t>(1, unit / kSeenPerUnit);
  std::vector<double> seen;
  for (std::size_t t = 0; t < values.size(); t += apart) seen.push_back(values[t]);
  const std::size_t per_unit = std::max<std::size_t>(1, unit / apart);
  const std::size_t before = kUnitsBefore * per_unit;
  const std::size_t after = kUnitsAfter * per_unit;
  std::size_t shifts = 0;
  for (std::size_t t = before; t + after <= seen.size();) {
    const auto at = seen.begin() + static_cast<std::ptrdiff_t>(t);
    const auto old = sorted({at - static_cast<std::ptrdiff_t>(before), at});
    const double level = sorted({at, at + static_cast<std::ptrdiff_t>(after)})[after / 2];
    const std::size_t rare = before * kRarePercent / 100;
    const bool shifted = level < old[rare] || level > old[before - 1 - rare];
    shifts += shifted ? 1 : 0;
    t += shifted ? before : std::max<std::size_t>(1, per_unit / 4);
  }
  return shifts;
}

RegimeChange::RegimeChange(std::vector<double> values, std::size_t unit)
    : rate_((0.5 + static_cast<double>(count_shifts(values, unit))) /
            static_cast<double>(values.size())) {
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < kAfter; ++i)
    anything_.push_back(values[(2 * i + 1) * values.size() / (2 * kAfter)]);
}

void RegimeChange::mix_into(Quantiles& quantiles, std::size_t ahead) const {
  const double chance = 1 - std::exp(-rate_ * static_cast<double>(ahead));
  std::array<Mass, kBefore + kAfter> masses;
  for (std::size_t i = 0; i < kBefore; ++i) {
    masses[i] = {value_at(quantiles, (static_cast<double>(i) + 0.5) / kBefore),
                 (1 - chance) / kBefore};
  }
  for (std::size_t i = 0; i < kAfter; ++i) masses[kBefore + i] = {anything_[i], chance / kAfter};
  std::sort(masses.begin(), masses.end(),
            [](const Mass& a, const Mass& b) { return a.value < b.value; });
  const double median = quantiles[3];
  std::size_t q = 0;
  double below = 0;   // level of the middle of the mass before
  double summed = 0;  // of all masses before
  double value = masses.front().value;
  for (const Mass& mass : masses) {
    const double middle = summed + mass.share / 2;
    for (; q < quantiles.size() && middle >= kQuantileLevels[q]; ++q) {
      const double share = middle > below ? (kQuantileLevels[q] - below) / (middle - below) : 1;
      quantiles[q] = value + share * (mass.value - value);
    }
    summed += mass.share;
    below = middle;
    value = mass.value;
  }
  for (; q < quantiles.size(); ++q) quantiles[q] = value;
  quantiles[3] = median;
  std::sort(quantiles.begin(), quantiles.end());
}

}  // namespace foreshock::coordinator
