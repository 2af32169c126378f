#include "coordinator/forecast/seasonal_naive.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/residual_bands.h"
#include "coordinator/forecast/season.h"

namespace foreshock::coordinator {

namespace {

constexpr std::array<std::size_t, 4> kLevelWidths = {1, 5, 20, 60};

/// Sums of the first i values, so that the mean of any stretch costs two look-ups.
class RecentLevel {
 public:
  explicit RecentLevel(const std::vector<double>& values) : sums_(values.size() + 1, 0.0) {
    for (std::size_t i = 0; i < values.size(); ++i) sums_[i + 1] = sums_[i] + values[i];
  }
  double before(std::size_t origin, std::size_t width) const {
    width = std::min(width, origin);
    return (sums_[origin] - sums_[origin - width]) / static_cast<double>(width);
  }

 private:
  std::vector<double> sums_;
};

/// The width whose level was nearest to the value `distance` steps on.
std::size_t best_width(const std::vector<double>& values, const RecentLevel& level,
                       std::size_t distance) {
  std::size_t best = kLevelWidths.front();
  double least = std::numeric_limits<double>::infinity();
  for (const std::size_t width : kLevelWidths) {
    if (width > values.size() / 3) break;
    double error = 0;
    // The same origins for all widths, or they could not be compared.
    for (std::size_t i = values.size() / 3; i + distance < values.size(); ++i) {
      error += std::abs(values[i + distance] - level.before(i, width));
    }
    if (error < least) {
      least = error;
      best = width;
    }
  }
  return best;
}

Forecast forecast_season(const Series& history, const std::vector<double>& values,
                         std::size_t season, std::size_t points) {
  const PathFrom path_from = [&](std::size_t origin, std::size_t ahead) {
    std::vector<double> path(ahead);
    for (std::size_t h = 0; h < ahead; ++h) path[h] = values[origin - season + h % season];
    return path;
  };
  return make_forecast(
      history, fmt::format("seasonal-naive ({})", format_season(season, history.step)),
      path_from(values.size(), points), residual_bands(values, season, points, path_from));
}

Forecast forecast_level(const Series& history, const std::vector<double>& values,
                        std::size_t points) {
  const RecentLevel level(values);
  const std::size_t width = best_width(values, level, std::min(points, values.size() / 4));
  const PathFrom path_from = [&](std::size_t origin, std::size_t ahead) {
    return std::vector<double>(ahead, level.before(origin, width));
  };
  return make_forecast(
      history, fmt::format("recent-level ({} steps, no season)", width),
      path_from(values.size(), points),
      residual_bands(values, std::max<std::size_t>(1, values.size() / 3), points, path_from));
}

}  // namespace

ForecastOrReason SeasonalNaive::forecast(const Series& history, std::size_t points) const {
  if (auto reason = why_not_yet(history)) return *reason;
  const std::vector<double> values = bridge_gaps(history);
  if (const auto season = find_season(values, history.step))
    return forecast_season(history, values, *season, points);
  return forecast_level(history, values, points);
}

}  // namespace foreshock::coordinator
