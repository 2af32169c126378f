#include "coordinator/forecast/pooled_prior.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/widening.h"

namespace foreshock::coordinator {

namespace {

constexpr double kOwnValues = 30;  ///< as many as a forecast of its own needs
constexpr std::size_t kHours = 24;
// A level below this share of the others' is as good as none: ratios to it would be noise.
constexpr double kLeastLevel = 1e-6;

struct Level {
  double sum = 0;
  std::size_t count = 0;
  double mean() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

Level level_of(const Series& series) {
  Level level;
  for (const double value : series.values) {
    if (!std::isfinite(value)) continue;
    level.sum += value;
    ++level.count;
  }
  return level;
}

std::size_t hour_of(WallTime time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
  return static_cast<std::size_t>((hours % 24 + 24) % 24);
}

struct Draw {
  double value;
  double weight;
};

Quantiles quantiles_of(std::vector<Draw> draws) {
  std::ranges::sort(draws, {}, &Draw::value);
  double total = 0;
  for (const Draw& draw : draws) total += draw.weight;
  Quantiles quantiles{};
  double below = 0;
  std::size_t next = 0;
  for (const Draw& draw : draws) {
    below += draw.weight;
    for (; next < quantiles.size() && below >= kQuantileLevels[next] * total; ++next)
      quantiles[next] = draw.value;
  }
  for (; next < quantiles.size(); ++next) quantiles[next] = draws.back().value;
  return quantiles;
}

/// The values of all, each series counting the same, by the hour of the day.
class Pool {
 public:
  /// @param scale  of each series' values.
  void add(const Series& series, std::size_t known, double scale) {
    ++series_;
    WallTime time = series.start;
    for (const double value : series.values) {
      const std::size_t hour = hour_of(std::exchange(time, time + series.step));
      if (!std::isfinite(value)) continue;
      const Draw draw{value * scale, 1 / static_cast<double>(known)};
      by_hour_[hour].push_back(draw);
      all_.push_back(draw);
    }
  }
  std::size_t series() const { return series_; }

  /// Around that hour; at any time where not all of the hours around are known.
  Quantiles around(std::size_t hour) const {
    std::vector<Draw> draws;
    for (const std::size_t shift : {kHours - 1, std::size_t{0}, std::size_t{1}}) {
      const auto& here = by_hour_[(hour + shift) % kHours];
      if (here.empty()) return quantiles_of(all_);
      draws.insert(draws.end(), here.begin(), here.end());
    }
    return quantiles_of(std::move(draws));
  }

 private:
  std::size_t series_ = 0;
  std::array<std::vector<Draw>, kHours> by_hour_;
  std::vector<Draw> all_;
};

}  // namespace

std::optional<Forecast> pooled_prior(const Series& own, const std::vector<const Series*>& similar,
                                     std::size_t points) {
  const Level mine = level_of(own);
  const double trust = std::min(1.0, static_cast<double>(mine.count) / kOwnValues);
  double highest = std::abs(mine.mean());
  for (const Series* one : similar) highest = std::max(highest, std::abs(level_of(*one).mean()));
  const double least = std::max(highest * kLeastLevel, 1e-12);
  bool is_negative = false;
  Pool pool;
  for (const Series* one : similar) {
    const Level level = level_of(*one);
    if (level.count == 0) continue;
    const double ratio =
        std::max(mine.mean(), least) / std::max(level.mean(), least);  // both are loads: above zero
    pool.add(*one, level.count, mine.count > 0 ? std::pow(ratio, trust) : 1.0);
    is_negative = is_negative || std::ranges::any_of(one->values, [](double v) { return v < 0; });
  }
  if (pool.series() == 0) return std::nullopt;

  Forecast forecast = begin_forecast(own, "pooled prior");
  std::array<std::optional<Quantiles>, kHours> of_hour;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t hour = hour_of(own.end() + own.step * static_cast<std::int64_t>(i));
    if (!of_hour[hour]) {
      Quantiles quantiles = pool.around(hour);
      widen_for_few(quantiles, static_cast<double>(pool.series()));
      if (!is_negative) {
        for (double& quantile : quantiles) quantile = std::max(0.0, quantile);
      }
      of_hour[hour] = quantiles;
    }
    forecast.quantiles.push_back(*of_hour[hour]);
    forecast.mean.push_back((*of_hour[hour])[3]);
  }
  return forecast;
}

}  // namespace foreshock::coordinator
