#include "coordinator/registry/forecast_check.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace foreshock::coordinator {

namespace {

/// The step whose end lies in the middle of the range; none where the forecast has no step in it.
std::optional<std::size_t> middle_step(const Forecast& forecast, const HorizonRange& range) {
  const auto steps_within = [&](std::chrono::nanoseconds ahead) {
    return static_cast<std::size_t>(ahead / forecast.step);
  };
  const std::size_t first = steps_within(range.above);  // the one that ends after `above`
  const std::size_t last = std::min(steps_within(range.up_to), forecast.mean.size());
  if (first >= last) return std::nullopt;
  return first + (last - first) / 2;
}

}  // namespace

void ForecastCheck::remember(const Forecast& forecast, double last_value) {
  if (forecast.step <= std::chrono::nanoseconds(0) || std::isnan(last_value)) return;
  if (!pending_.contains(forecast.key) && pending_.size() >= max_series_) return;
  Ranges& ranges = pending_[forecast.key];
  for (std::size_t i = 0; i < kHorizonRanges.size(); ++i) {
    const auto step = middle_step(forecast, kHorizonRanges[i]);
    if (!step) continue;
    const WallTime time = forecast.start + forecast.step * static_cast<std::int64_t>(*step);
    const auto apart = (kHorizonRanges[i].up_to - kHorizonRanges[i].above) / kPointsPerRange;
    if (!ranges[i].empty() && time < ranges[i].back().time + apart) continue;
    ranges[i].push_back(
        {time, forecast.model, forecast.mean[*step], last_value, forecast.quantiles[*step]});
  }
}

std::vector<ScoredPoint> ForecastCheck::score(const Series& series) {
  std::vector<ScoredPoint> scored;
  const auto found = pending_.find(series.key);
  if (found == pending_.end()) return scored;
  for (std::size_t range = 0; range < kHorizonRanges.size(); ++range) {
    auto& waiting = found->second[range];
    while (!waiting.empty() && waiting.front().time + series.step <= series.end()) {
      const Pending point = std::move(waiting.front());
      waiting.pop_front();
      if (point.time < series.start) continue;
      const double value =
          series.values[static_cast<std::size_t>((point.time - series.start) / series.step)];
      if (std::isnan(value)) continue;
      const Quantiles& q = point.quantiles;
      scored.push_back({.key = series.key,
                        .range = range,
                        .model = point.model,
                        .time = point.time,
                        .error = std::abs(point.mean - value),
                        .naive_error = std::abs(point.last_value - value),
                        .pinball = pinball_loss(q, value),
                        .inside80 = value >= q[2] && value <= q[4],
                        .inside95 = value >= q[0] && value <= q[6],
                        .above95 = value > q[5]});
    }
  }
  const bool done =
      std::ranges::all_of(found->second, [](const auto& waiting) { return waiting.empty(); });
  if (done) pending_.erase(found);
  return scored;
}

}  // namespace foreshock::coordinator
