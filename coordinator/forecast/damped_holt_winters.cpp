#include <array>
#include <cmath>
#include <limits>

#include "coordinator/forecast/point_model.h"

namespace foreshock::coordinator {

namespace {

struct Weights {
  double level;
  double trend;
  double season;
  double damping;
};

constexpr std::array kLevels = {0.05, 0.2, 0.5, 0.9};
constexpr std::array kTrends = {0.0, 0.05, 0.2};
constexpr std::array kSeasonals = {0.05, 0.3};
constexpr double kDamping = 0.95;
/// Older values hardly move the state; this bounds the cost of a fit.
constexpr std::size_t kMostValues = 4096;

/// The smoothed state after some values.
struct State {
  double level = 0;
  double trend = 0;
  std::vector<double> seasonal;  ///< by position in the season; empty: none
};

double first_known(const std::vector<double>& values) {
  for (const double value : values) {
    if (!std::isnan(value)) return value;
  }
  return 0;
}

/// Means over the first two seasons: the level, and how each place differs from it.
State start_state(const std::vector<double>& values, std::size_t season) {
  State state;
  if (season == 0) {
    state.level = first_known(values);
    return state;
  }
  std::vector<double> sums(season, 0);
  std::vector<double> counts(season, 0);
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < std::min(values.size(), 2 * season); ++i) {
    if (std::isnan(values[i])) continue;
    sums[i % season] += values[i];
    ++counts[i % season];
    sum += values[i];
    ++count;
  }
  state.level = count > 0 ? sum / count : first_known(values);
  state.seasonal.assign(season, 0);
  for (std::size_t i = 0; i < season; ++i) {
    if (counts[i] > 0) state.seasonal[i] = sums[i] / counts[i] - state.level;
  }
  return state;
}

/// Runs the values through the state; the sum of squared one-step errors.
double smooth(const std::vector<double>& values, const Weights& weights, State& state) {
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double damped = weights.damping * state.trend;
    double* seasonal =
        state.seasonal.empty() ? nullptr : &state.seasonal[i % state.seasonal.size()];
    const double season_now = seasonal != nullptr ? *seasonal : 0;
    const double before = state.level;
    if (std::isnan(values[i])) {
      state.level = before + damped;
      state.trend = damped;
      continue;
    }
    const double error = values[i] - (before + damped + season_now);
    squares += error * error;
    state.level = before + damped + weights.level * error;
    state.trend = damped + weights.trend * error;
    if (seasonal != nullptr) *seasonal += weights.season * (1 - weights.level) * error;
  }
  return squares;
}

Weights choose_weights(const std::vector<double>& values, std::size_t season) {
  Weights best{kLevels[1], 0, kSeasonals[0], kDamping};
  double least = std::numeric_limits<double>::infinity();
  for (const double level : kLevels) {
    for (const double trend : kTrends) {
      for (const double seasonal : kSeasonals) {
        if (season == 0 && seasonal != kSeasonals[0]) continue;
        const Weights weights{level, level * trend, seasonal, kDamping};
        State state = start_state(values, season);
        const double squares = smooth(values, weights, state);
        if (squares < least) {
          least = squares;
          best = weights;
        }
      }
    }
  }
  return best;
}

}  // namespace

std::vector<double> DampedHoltWinters::predict(const std::vector<double>& all, std::size_t season,
                                               std::size_t points) const {
  // Whole seasons are cut off in front, so that places in the season stay what they are.
  std::size_t skip = all.size() > kMostValues ? all.size() - kMostValues : 0;
  if (season > 0) {
    if (all.size() - skip < 2 * season) skip = all.size() - std::min(all.size(), 2 * season);
    skip -= skip % season;
  }
  const std::vector<double> values(all.begin() + static_cast<std::ptrdiff_t>(skip), all.end());
  const Weights weights = choose_weights(values, season);
  State state = start_state(values, season);
  smooth(values, weights, state);
  std::vector<double> ahead;
  ahead.reserve(points);
  double damping = 1;
  double trend = 0;
  for (std::size_t i = 0; i < points; ++i) {
    damping *= weights.damping;
    trend += damping * state.trend;
    const double seasonal =
        state.seasonal.empty() ? 0 : state.seasonal[(values.size() + i) % state.seasonal.size()];
    ahead.push_back(state.level + trend + seasonal);
  }
  return ahead;
}

}  // namespace foreshock::coordinator
