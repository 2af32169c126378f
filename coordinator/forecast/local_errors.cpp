#include "coordinator/forecast/local_errors.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

// Half widths of likeness.
constexpr float kLogAheadWidth = 0.3F;
constexpr float kDayWidth = 0.08F;  ///< of a day: about two hours
constexpr float kSaidWidth = 0.5F;  ///< of the usual spread of what is said
constexpr float kAnyPlace = 0.05F;  ///< what a point elsewhere still counts

/// So many are worked on at a time: what comes in between stays in registers.
constexpr Eigen::Index kBlock = 8;
using Block = Eigen::Array<float, kBlock, 1>;

/// Nearly exp(x) for x >= 0, which is all that likeness needs, and much faster.
[[gnu::always_inline]] inline Block growth(const Block& x) {
  return 1 + x * (1 + x * (0.5F + x * (1.0F / 6 + x * (1.0F / 24))));
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
                     .point = point});
  farthest_ = std::max(farthest_, point.ahead);
}

float LocalErrors::time_of_day(std::size_t t) const {
  if (window_.day == 0) return 0;
  return static_cast<float>(t % window_.day) / static_cast<float>(window_.day);
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
  for (const Past& past : errors_) said.push_back(past.point.said);
  said_scale_ = std::max(spread(std::move(said)), window_.noise * 1e-3);
  const auto count = static_cast<Eigen::Index>(errors_.size());
  // To whole blocks: those at the end weigh nothing.
  for (Eigen::ArrayXf* const column : {&weights_, &log_aheads_, &said_, &steps_, &times_of_day_})
    column->setZero((count + kBlock - 1) / kBlock * kBlock);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Past& past = errors_[static_cast<std::size_t>(i)];
    weights_[i] = static_cast<float>(past.weight);
    log_aheads_[i] = std::log(static_cast<float>(past.point.ahead));
    said_[i] = static_cast<float>(past.point.said / said_scale_);
    steps_[i] = static_cast<float>(past.point.t);
    times_of_day_[i] = time_of_day(past.point.t);
  }
}

Eigen::ArrayXf LocalErrors::likeness(const ForecastPoint& point, std::size_t apart) const {
  const float log_ahead = std::log(static_cast<float>(point.ahead));
  const float time = time_of_day(point.t);
  const auto said = static_cast<float>(point.said / said_scale_);
  const auto step = static_cast<float>(point.t);
  Eigen::ArrayXf likeness(weights_.size());
  for (Eigen::Index i = 0; i < likeness.size(); i += kBlock) {
    const auto of = [i](const Eigen::ArrayXf& column) { return column.segment<kBlock>(i); };
    const Block farther = (of(log_aheads_) - log_ahead).abs() * (1 / kLogAheadWidth);
    const Block later = (of(times_of_day_) - time).abs();
    const Block higher = (of(said_) - said).abs();
    const Block elsewhere =
        growth(later.min(1 - later) * (1 / kDayWidth) + higher * (1 / kSaidWidth));
    const Block alike = of(weights_) * (1 + kAnyPlace * elsewhere) / (elsewhere * growth(farther));
    // 1 from `apart` steps on, else 0: to select by a comparison is done one by one.
    const Block counts =
        ((of(steps_) - step).abs() - (static_cast<float>(apart) - 1)).max(0.0F).min(1.0F);
    likeness.segment<kBlock>(i) = counts * alike;
  }
  return likeness;
}

Quantiles LocalErrors::quantiles(const ForecastPoint& point, std::size_t apart) const {
  Quantiles quantiles{};
  const Eigen::ArrayXf weights = likeness(point, apart);
  const double all = weights.sum();
  if (!(all > 0)) return quantiles;
  double sum = 0;
  std::size_t q = 0;
  for (Eigen::Index first = 0; first < weights.size(); first += kBlock) {
    const double block = weights.segment<kBlock>(first).sum();
    if (sum + block < kQuantileLevels[q] * all) {
      sum += block;
      continue;
    }
    const auto end = std::min(first + kBlock, static_cast<Eigen::Index>(errors_.size()));
    for (Eigen::Index i = first; i < end; ++i) {
      sum += weights[i];
      for (; q < quantiles.size() && sum >= kQuantileLevels[q] * all; ++q)
        quantiles[q] = errors_[static_cast<std::size_t>(i)].error;
    }
    if (q == quantiles.size()) break;
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
