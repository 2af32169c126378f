#include "coordinator/forecast/season.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace foreshock::coordinator {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<std::chrono::nanoseconds, 8> kSeasons = {
    minutes(1),  minutes(5), minutes(10), minutes(15),
    minutes(30), hours(1),   hours(24),   hours(24 * 7)};
/// A season must explain this share of the variance: less is what noise explains by chance.
constexpr double kLeastExplained = 0.2;
constexpr std::size_t kLeastSteps = 4;

/// 1 − mean squared seasonal difference ÷ (2 × variance): the seasonal autocorrelation, for gaps
/// too.
double explained_by(const std::vector<double>& values, std::size_t season) {
  double sum = 0;
  double squares = 0;
  double differences = 0;
  double count = 0;
  for (std::size_t i = season; i < values.size(); ++i) {
    if (std::isnan(values[i]) || std::isnan(values[i - season])) continue;
    const double difference = values[i] - values[i - season];
    differences += difference * difference;
    sum += values[i];
    squares += values[i] * values[i];
    ++count;
  }
  if (count < static_cast<double>(season)) return 0;
  const double variance = squares / count - sum / count * (sum / count);
  return variance > 0 ? 1 - differences / count / (2 * variance) : 0;
}

}  // namespace

std::size_t choose_season(const std::vector<double>& values, std::chrono::nanoseconds step) {
  std::size_t best = 0;
  double best_explained = kLeastExplained;
  for (const auto season : kSeasons) {
    if (step.count() <= 0 || season.count() % step.count() != 0) continue;
    const auto steps = static_cast<std::size_t>(season / step);
    if (steps < kLeastSteps || values.size() < 2 * steps) continue;
    const double explained = explained_by(values, steps);
    if (explained > best_explained) {
      best = steps;
      best_explained = explained;
    }
  }
  return best;
}

}  // namespace foreshock::coordinator
