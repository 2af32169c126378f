#include "coordinator/forecast/holt_winters.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/residual_bands.h"
#include "coordinator/forecast/season.h"

namespace foreshock::coordinator {

namespace {

/// Parameters are fitted on this many of the latest values, or on so many seasons.
constexpr std::size_t kFitLength = 600;
constexpr std::size_t kFitSeasons = 4;

struct Smoothing {
  double level = 0.1;    ///< alpha
  double trend = 0.01;   ///< beta, already times alpha
  double season = 0.1;   ///< gamma
  double damping = 0.9;  ///< phi
};

/// Level, trend and season after some values. The season's places go round with the values' index.
class State {
 public:
  State(const std::vector<double>& values, std::size_t season) : season_(season, 0.0) {
    const std::size_t first = season > 0 ? season : std::min<std::size_t>(10, values.size());
    for (std::size_t i = 0; i < first; ++i) level_ += values[i] / static_cast<double>(first);
    for (std::size_t i = 0; i < season; ++i) season_[i] = values[i] - level_;
  }

  /// @return the error of the prediction of values[i] that stood before it.
  double update(const Smoothing& smoothing, double value, std::size_t i) {
    double* place = season_.empty() ? nullptr : &season_[i % season_.size()];
    const double damped = smoothing.damping * trend_;
    const double error = value - (level_ + damped + (place ? *place : 0));
    level_ += damped + smoothing.level * error;
    trend_ = damped + smoothing.trend * error;
    if (place) *place += smoothing.season * error;
    return error;
  }

  std::vector<double> path(const Smoothing& smoothing, std::size_t next, std::size_t points) const {
    std::vector<double> path(points);
    double factor = 1;
    double value = level_;
    for (std::size_t h = 0; h < points; ++h) {
      factor *= smoothing.damping;
      value += factor * trend_;
      path[h] = value + (season_.empty() ? 0 : season_[(next + h) % season_.size()]);
    }
    return path;
  }

 private:
  double level_ = 0;
  double trend_ = 0;
  std::vector<double> season_;
};

double squared_errors(const std::vector<double>& values, std::size_t season,
                      const Smoothing& smoothing, double give_up) {
  State state(values, season);
  double sum = 0;
  for (std::size_t i = season; i < values.size() && sum < give_up; ++i) {
    const double error = state.update(smoothing, values[i], i);
    sum += error * error;
  }
  return sum;
}

Smoothing fit(const std::vector<double>& values, std::size_t season) {
  const std::size_t length = std::min(values.size(), std::max(kFitLength, kFitSeasons * season));
  const std::vector<double> latest(values.end() - static_cast<std::ptrdiff_t>(length),
                                   values.end());
  Smoothing best;
  double least = std::numeric_limits<double>::infinity();
  for (const double level : {0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95}) {
    for (const double trend_share : {0.0, 0.05, 0.2}) {
      for (const double damping : {0.8, 0.95, 0.99}) {
        // Without a trend there is nothing to dampen.
        if (trend_share == 0 && damping != 0.8) continue;
        for (const double gamma : {0.0, 0.1, 0.3}) {
          if (season == 0 && gamma > 0) continue;
          const Smoothing tried{.level = level,
                                .trend = level * trend_share,
                                .season = gamma * (1 - level),
                                .damping = damping};
          const double sum = squared_errors(latest, season, tried, least);
          if (sum >= least) continue;
          least = sum;
          best = tried;
        }
      }
    }
  }
  return best;
}

/// Path from any origin; origins are asked for in ascending order, so each value is taken in once.
class Walk {
 public:
  Walk(const std::vector<double>& values, std::size_t season, const Smoothing& smoothing)
      : values_(values), smoothing_(smoothing), state_(values, season), next_(season) {}

  std::vector<double> path_from(std::size_t origin, std::size_t points) {
    for (; next_ < origin; ++next_) state_.update(smoothing_, values_[next_], next_);
    return state_.path(smoothing_, origin, points);
  }

 private:
  const std::vector<double>& values_;
  Smoothing smoothing_;
  State state_;
  std::size_t next_;
};

}  // namespace

ForecastOrReason HoltWinters::forecast(const Series& history, std::size_t points) const {
  if (auto reason = why_not_yet(history)) return *reason;
  const std::vector<double> values = bridge_gaps(history);
  const std::size_t season = find_season(values, history.step).value_or(0);
  const Smoothing smoothing = fit(values, season);
  Walk walk(values, season, smoothing);
  const std::size_t first_origin = std::max(season + season / 2, values.size() / 3);
  const std::vector<Quantiles> bands = residual_bands(
      values, std::max<std::size_t>(1, first_origin), points,
      [&walk](std::size_t origin, std::size_t ahead) { return walk.path_from(origin, ahead); });
  const std::string model =
      season == 0 ? name() : fmt::format("{} ({})", name(), format_season(season, history.step));
  return make_forecast(history, model, walk.path_from(values.size(), points), bands);
}

}  // namespace foreshock::coordinator
