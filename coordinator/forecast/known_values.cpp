#include "coordinator/forecast/known_values.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

bool is_known(double value) {
  return std::isfinite(value);
}

}  // namespace

std::optional<NotYet> why_not_yet(const Series& history) {
  const auto known = static_cast<std::size_t>(
      std::count_if(history.values.begin(), history.values.end(), is_known));
  if (known >= kLeastKnownValues) return std::nullopt;
  const auto missing = static_cast<std::int64_t>(kLeastKnownValues - known);
  return NotYet{.reason = fmt::format("{} of {} values known", known, kLeastKnownValues),
                .ready_at = history.end() + history.step * missing};
}

void caution_short_history(const Series& history, std::chrono::nanoseconds looked_at,
                           Forecast& forecast) {
  const auto first = std::ranges::find_if(history.values, is_known) - history.values.begin();
  const WallTime start = history.start + history.step * first;
  if (history.end() - start >= looked_at * 9 / 10 || !forecast.caution.empty()) return;
  forecast.caution = fmt::format("{} of {} of history", format_duration(history.end() - start),
                                 format_duration(looked_at));
  forecast.ready_at = start + looked_at;
}

std::vector<double> bridge_gaps(const Series& history) {
  const auto first = std::find_if(history.values.begin(), history.values.end(), is_known);
  std::vector<double> values(first, history.values.end());
  std::size_t last = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!is_known(values[i])) continue;
    const double slope = (values[i] - values[last]) / static_cast<double>(i - last);
    for (std::size_t k = last + 1; k < i; ++k)
      values[k] = values[last] + slope * static_cast<double>(k - last);
    last = i;
  }
  if (!values.empty())
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(last) + 1, values.end(), values[last]);
  return values;
}

Forecast begin_forecast(const Series& history, const std::string& model) {
  Forecast forecast;
  forecast.key = history.key;
  forecast.made_at = history.end();
  forecast.start = history.end();
  forecast.step = history.step;
  forecast.model = model;
  return forecast;
}

Forecast make_forecast(const Series& history, const std::string& model,
                       const std::vector<double>& path, const std::vector<Quantiles>& errors) {
  Forecast forecast = begin_forecast(history, model);
  for (std::size_t h = 0; h < path.size(); ++h) {
    Quantiles quantiles;
    for (std::size_t q = 0; q < quantiles.size(); ++q)
      quantiles[q] = std::max(0.0, path[h] + errors[h][q]);
    std::sort(quantiles.begin(), quantiles.end());
    forecast.quantiles.push_back(quantiles);
    forecast.mean.push_back(std::max(0.0, path[h]));
  }
  return forecast;
}

}  // namespace foreshock::coordinator
