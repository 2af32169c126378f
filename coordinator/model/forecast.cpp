#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

double quantile_at(const Quantiles& quantiles, double level) {
  if (level <= kQuantileLevels.front()) return quantiles.front();
  for (std::size_t i = 1; i < kQuantileLevels.size(); ++i) {
    if (level > kQuantileLevels[i]) continue;
    const double share =
        (level - kQuantileLevels[i - 1]) / (kQuantileLevels[i] - kQuantileLevels[i - 1]);
    return quantiles[i - 1] + share * (quantiles[i] - quantiles[i - 1]);
  }
  return quantiles.back();
}

double pinball_loss(const Quantiles& quantiles, double actual) {
  double loss = 0;
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    const double above = actual - quantiles[i];
    loss += above >= 0 ? kQuantileLevels[i] * above : (kQuantileLevels[i] - 1) * above;
  }
  return loss / static_cast<double>(quantiles.size());
}

}  // namespace foreshock::coordinator
