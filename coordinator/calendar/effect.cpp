#include "coordinator/calendar/effect.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kHours = 24;
constexpr double kKept = .9;  // of what an hour's earlier values weigh, each time
// As if so many quiet units had been seen: a first event does not yet count in full.
constexpr double kDoubt = 1;

std::size_t hour_of(WallTime time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
  return static_cast<std::size_t>(((hours % 24) + 24) % 24);
}

/// A mean that forgets.
struct Usual {
  double sum = 0;
  double weight = 0;
  void add(double value) {
    sum = sum * kKept + value;
    weight = weight * kKept + 1;
  }
};

}  // namespace

RegressorEffect measure_effect(const Series& history, const Regressor& regressor) {
  RegressorEffect effect;
  std::array<Usual, kHours> usual{};
  double products = 0;
  double squares = kDoubt;
  double error_without = 0;
  double error_with = 0;
  bool was_inside = false;
  WallTime time = history.start;
  for (const double value : history.values) {
    const WallTime middle = time + history.step / 2;
    time += history.step;
    if (!std::isfinite(value)) continue;
    const double strength = regressor.at(middle);
    Usual& here = usual[hour_of(middle)];
    const bool is_inside = strength != 0;
    if (is_inside && here.weight > 0) {
      const double unexplained = value - here.sum / here.weight;
      if (!was_inside) ++effect.events;
      // The first event is all there is to learn from before the second.
      if (effect.events > 1) {
        error_without += std::abs(unexplained);
        error_with += std::abs(unexplained - products / squares * strength);
      }
      products += strength * unexplained;
      squares += strength * strength;
    }
    if (!is_inside) here.add(value);
    was_inside = is_inside;
  }
  effect.per_unit = products / squares;
  if (error_without > 0) effect.usefulness = 1 - error_with / error_without;
  return effect;
}

void apply_effect(Forecast& forecast, const Regressor& regressor, const RegressorEffect& effect) {
  const double already = regressor.at(forecast.start - std::chrono::nanoseconds(1));
  for (std::size_t point = 0; point < forecast.mean.size(); ++point) {
    const WallTime middle =
        forecast.start + forecast.step * static_cast<std::int64_t>(point) + forecast.step / 2;
    const double change = effect.per_unit * (regressor.at(middle) - already);
    if (change == 0) continue;
    forecast.mean[point] = std::max(0.0, forecast.mean[point] + change);
    for (double& quantile : forecast.quantiles[point]) quantile = std::max(0.0, quantile + change);
  }
}

}  // namespace foreshock::coordinator
