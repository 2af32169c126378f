#include "coordinator/forecast/local_errors.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

// Half widths of likeness.
constexpr double kLogAheadWidth = 0.3;
constexpr double kDayWidth = 0.08;  ///< of a day: about two hours
constexpr double kSaidWidth = 0.5;  ///< of the usual spread of what is said
constexpr double kAnyPlace = 0.05;  ///< what a point elsewhere still counts

/// Nearly exp(x) for x >= 0, which is all that likeness needs, and much faster.
double growth(double x) {
  return 1 + x * (1 + x * (0.5 + x * (1.0 / 6 + x * (1.0 / 24))));
}

double spread(std::vector<double> values) {
  const auto middle = [&] {
    auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), at, values.end());
    return *at;
  };
  const double median = middle();
  for (double& value : values) value = std::abs(value - median);
  return 1.5 * middle();
}

}  // namespace

void LocalErrors::add(const ForecastPoint& point, double came, double weight) {
  errors_.push_back({.error = (came - point.said) / std::sqrt(point.liveliness),
                     .weight = weight,
                     .log_ahead = std::log(static_cast<double>(point.ahead)),
                     .said = point.said,
                     .t = point.t,
                     .place = window_.day > 0 ? point.t % window_.day : 0});
  farthest_ = std::max(farthest_, point.ahead);
}

void LocalErrors::prepare(std::size_t most) {
  if (errors_.empty()) return;
  if (errors_.size() > most) {
    std::vector<Past> kept;
    kept.reserve(most);
    for (std::size_t k = 0; k < most; ++k) kept.push_back(errors_[k * errors_.size() / most]);
    errors_ = std::move(kept);
  }
  std::sort(errors_.begin(), errors_.end(),
            [](const Past& a, const Past& b) { return a.error < b.error; });
  std::vector<double> said;
  said.reserve(errors_.size());
  for (const Past& past : errors_) said.push_back(past.said);
  said_scale_ = std::max(spread(std::move(said)), window_.noise * 1e-3);
}

Quantiles LocalErrors::quantiles(const ForecastPoint& point, std::size_t apart) const {
  Quantiles quantiles{};
  const double log_ahead = std::log(static_cast<double>(point.ahead));
  const std::size_t place = window_.day > 0 ? point.t % window_.day : 0;
  const double per_step = window_.day > 0 ? 1 / static_cast<double>(window_.day) : 0;
  std::vector<double> weights(errors_.size());
  double all = 0;
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    const Past& past = errors_[i];
    if ((past.t > point.t ? past.t - point.t : point.t - past.t) < apart) continue;
    const double farther = std::abs(log_ahead - past.log_ahead) / kLogAheadWidth;
    double later = per_step * static_cast<double>(place > past.place ? place - past.place
                                                                     : past.place - place);
    later = std::min(later, 1 - later) / kDayWidth;
    const double higher = std::abs(point.said - past.said) / (kSaidWidth * said_scale_);
    const double elsewhere = growth(later + higher);
    weights[i] = past.weight * (1 + kAnyPlace * elsewhere) / (elsewhere * growth(farther));
    all += weights[i];
  }
  if (!(all > 0)) return quantiles;
  double sum = 0;
  std::size_t q = 0;
  for (std::size_t i = 0; i < errors_.size() && q < quantiles.size(); ++i) {
    sum += weights[i];
    for (; q < quantiles.size() && sum >= kQuantileLevels[q] * all; ++q)
      quantiles[q] = errors_[i].error;
  }
  for (; q < quantiles.size(); ++q) quantiles[q] = errors_.back().error;
  double factor = std::sqrt(point.liveliness);
  if (point.ahead > farthest_)
    factor *= std::sqrt(static_cast<double>(point.ahead) / static_cast<double>(farthest_));
  const double median = quantiles[3];
  for (double& quantile : quantiles) quantile = factor * (quantile - median);
  return quantiles;
}

}  // namespace foreshock::coordinator
