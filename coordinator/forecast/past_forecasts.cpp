#include "coordinator/forecast/past_forecasts.h"

#include <algorithm>
#include <utility>

#include "coordinator/forecast/online_forecaster.h"
#include "coordinator/forecast/shape.h"
#include "coordinator/forecast/trend_shapes.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kOrigins = 40;

/// `ends` that are in order and before `points`, and `points`.
Ranges make_ranges(const Ranges& ends, std::size_t points) {
  Ranges ranges;
  for (const std::size_t end : ends) {
    if (end < points && end > (ranges.empty() ? 0 : ranges.back())) ranges.push_back(end);
  }
  ranges.push_back(points);
  return ranges;
}

Horizons make_horizons(const Window& window, std::size_t points) {
  const std::size_t n = window.size();
  const std::size_t first =
      window.day > 0 ? std::max(n / 3, 11 * window.day / 5) : std::max<std::size_t>(12, n / 3);
  const std::size_t apart = std::max<std::size_t>(1, (n - first) / kOrigins);
  Horizons horizons{.origins = {}, .points = points};
  for (std::size_t origin = n; origin >= first; origin -= apart) horizons.origins.push_back(origin);
  std::reverse(horizons.origins.begin(), horizons.origins.end());
  return horizons;
}

/// What every other member has to beat: the last day again, or the last value where there is no
/// day.
MemberPaths seasonal_naive(const Window& window, const Horizons& horizons) {
  MemberPaths naive{.name = window.day > 0 ? "seasonal naive" : "last value", .paths = {}};
  const std::size_t season = window.day > 0 ? window.day : 1;
  for (const std::size_t origin : horizons.origins) {
    std::vector<double> path(horizons.points);
    for (std::size_t h = 0; h < path.size(); ++h)
      path[h] = window.values[origin - season + h % season];
    naive.paths.push_back(std::move(path));
  }
  return naive;
}

/// What the online forecaster said at each origin, told the values before it one by one.
struct OnlineForecasts {
  MemberPaths means{.name = "online", .paths = {}};
  std::vector<std::vector<Quantiles>> quantiles;  ///< of the same steps
};

OnlineForecasts forecast_online(const Window& window, std::chrono::nanoseconds step,
                                const Horizons& horizons) {
  OnlineForecasts made;
  OnlineForecaster online(step);
  std::size_t t = 0;
  for (const std::size_t origin : horizons.origins) {
    for (; t < origin; ++t) {
      online.update(WallTime(step * static_cast<std::int64_t>(t)),
                    window.known[t] != 0 ? window.values[t] : std::nan(""));
    }
    auto forecast = online.forecast_or_zero(horizons.points);
    made.means.paths.push_back(std::move(forecast.mean));
    made.quantiles.push_back(std::move(forecast.quantiles));
  }
  return made;
}

}  // namespace

std::size_t range_of(const Ranges& ranges, std::size_t h) {
  std::size_t range = 0;
  while (range + 1 < ranges.size() && h >= ranges[range]) ++range;
  return range;
}

PastForecasts::PastForecasts(const Window& window, std::chrono::nanoseconds step,
                             std::size_t points)
    : window_(window), horizons_(make_horizons(window, points)) {
  const std::size_t day = window.day;
  const std::size_t quarter_hour = std::max<std::size_t>(1, day / 96);
  point_ranges_ = day > 0 ? make_ranges({quarter_hour, day / 8, day / 2, day}, points)
                          : make_ranges({2, 4, 16, 64}, points);
  level_ranges_ =
      day > 0 ? make_ranges({quarter_hour, day / 4}, points) : make_ranges({2, points / 2}, points);

  members_.push_back(seasonal_naive(window, horizons_));
  for (const auto& shape : make_shapes(window))
    members_.push_back(forecast_shape(window, *shape, horizons_));
  for (const auto& shape : make_trend_shapes(window))
    members_.push_back(forecast_shape(window, *shape, horizons_));
  auto online = forecast_online(window, step, horizons_);
  members_.push_back(std::move(online.means));
  online_ = std::move(online.quantiles);
  for (const std::size_t origin : horizons_.origins) {
    liveliness_.push_back(liveliness_before(origin));
    ages_.push_back(static_cast<double>(window.size() - origin) / static_cast<double>(window.unit));
  }
  forecast_forest();
}

/// Last of the members, and only where it is looked at: it is dear.
void PastForecasts::forecast_forest() {
  if (!ForestMember::is_worth_it(window_)) return;
  forest_.emplace(window_, horizons_.origins.front(), horizons_.points);
  MemberPaths& made = members_.emplace_back(MemberPaths{.name = "forest", .paths = {}});
  made.paths.assign(horizons_.origins.size(), std::vector<double>(horizons_.points, std::nan("")));
  const auto say = [&](std::size_t k, std::size_t h) {
    made.paths[k][h] = forest_->mean(horizons_.origins[k], h);
  };
  const auto say_cases = [&](const Ranges& ranges, std::size_t cases) {
    std::size_t from = 0;
    for (const std::size_t to : ranges) {
      for_cases(from, to, cases, [&](std::size_t k, std::size_t h, double, double) { say(k, h); });
      from = to;
    }
  };
  say_cases(point_ranges_, kPointCases);
  say_cases(level_ranges_, kLevelCases);
  for (std::size_t h = 0; h < horizons_.points; ++h) say(horizons_.origins.size() - 1, h);
}

double PastForecasts::liveliness_before(std::size_t origin) const {
  const std::size_t from = origin > window_.unit ? origin - window_.unit : 1;
  double sum = 0;
  for (std::size_t i = from; i < origin; ++i)
    sum += std::abs(window_.values[i] - window_.values[i - 1]);
  return sum / static_cast<double>(std::max<std::size_t>(1, origin - from)) + 0.02 * window_.noise;
}

Cases PastForecasts::point_cases(std::size_t from, std::size_t to, std::size_t cases) const {
  Cases made;
  made.reserve(members_.size(), cases * horizons_.origins.size());
  for_cases(from, to, cases, [&](std::size_t k, std::size_t h, double came, double weight) {
    for (std::size_t m = 0; m < members_.size(); ++m)
      made.said[m].push_back(members_[m].paths[k][h]);
    made.came.push_back(came);
    made.weight.push_back(weight);
  });
  return made;
}

}  // namespace foreshock::coordinator
