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
    const double factor =
        (1 + (kNormal[q] * kNormal[q] + 1) / (4 * degrees)) * std::sqrt(1 + 1 / degrees);
    quantiles[q] = median + factor * (quantiles[q] - median);
  }
}

RegimeChange::RegimeChange(std::vector<double> values) : length_(values.size()) {
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < kAfter; ++i)
    anything_.push_back(values[(2 * i + 1) * values.size() / (2 * kAfter)]);
}

void RegimeChange::mix_into(Quantiles& quantiles, std::size_t ahead) const {
  const double chance =
      1 - std::exp(-0.5 * static_cast<double>(ahead) / static_cast<double>(length_));
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
