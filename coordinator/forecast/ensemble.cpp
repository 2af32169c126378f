#include "coordinator/forecast/ensemble.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "coordinator/forecast/backtest.h"
#include "coordinator/forecast/season.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kOrigins = 16;

struct Tried {
  const PointModel* model;
  BacktestErrors errors;
  double pinball;
};

std::size_t count_known(const std::vector<double>& values) {
  return static_cast<std::size_t>(
      std::ranges::count_if(values, [](double value) { return !std::isnan(value); }));
}

NotYet not_yet(const Series& history, std::size_t known) {
  const auto missing = static_cast<std::int64_t>(Ensemble::kLeastValues - known);
  return {fmt::format("{} of the {} values needed are there", known, Ensemble::kLeastValues),
          history.end() + history.step * missing};
}

/// Middle values and the errors usual at their distance → the forecast; ordered and never negative.
Forecast with_band(const Series& history, const Tried& tried, const std::vector<double>& middle) {
  Forecast forecast;
  forecast.key = history.key;
  forecast.start = history.end();
  forecast.step = history.step;
  forecast.model = tried.model->name();
  for (std::size_t i = 0; i < middle.size(); ++i) {
    const auto& errors = tried.errors.at_distance(i + 1);
    const auto offsets = error_quantiles(errors);
    double mean_error = 0;
    for (const double error : errors) mean_error += error / static_cast<double>(errors.size());
    Quantiles quantiles{};
    for (std::size_t q = 0; q < quantiles.size(); ++q)
      quantiles[q] = std::max(middle[i] + offsets[q], 0.0);
    forecast.quantiles.push_back(quantiles);
    forecast.mean.push_back(std::max(middle[i] + mean_error, 0.0));
  }
  return forecast;
}

}  // namespace

Ensemble::Ensemble(std::vector<std::unique_ptr<PointModel>> members)
    : members_(std::move(members)) {
  FS_ASSERT(!members_.empty());
}

ForecastOrReason Ensemble::forecast(const Series& history, std::size_t points) const {
  return forecast_with_scores(history, points).forecast;
}

Ensemble::Outcome Ensemble::forecast_with_scores(const Series& history, std::size_t points) const {
  const std::size_t known = count_known(history.values);
  if (known < kLeastValues) return {not_yet(history, known), {}};
  const std::size_t season = choose_season(history.values, history.step);

  std::vector<Tried> tried;
  for (const auto& member : members_) {
    BacktestErrors errors = backtest(*member, history.values, season, points, kOrigins);
    const double pinball = mean_pinball(errors);
    tried.push_back({member.get(), std::move(errors), pinball});
  }
  // The first of equals: a member must beat the naive one to serve.
  const auto best = std::ranges::min_element(tried, {}, &Tried::pinball);

  Outcome outcome{with_band(history, *best, best->model->predict(history.values, season, points)),
                  {}};
  for (const auto& one : tried) {
    outcome.scores.push_back({one.model->name(), one.pinball, coverage80(one.errors),
                              one.errors.points, one.model == best->model});
  }
  std::ranges::stable_sort(outcome.scores, {}, &ModelScore::pinball);
  return outcome;
}

std::unique_ptr<Ensemble> make_default_ensemble() {
  std::vector<std::unique_ptr<PointModel>> members;
  members.push_back(std::make_unique<SeasonalNaive>());
  members.push_back(std::make_unique<DampedHoltWinters>());
  return std::make_unique<Ensemble>(std::move(members));
}

}  // namespace foreshock::coordinator
