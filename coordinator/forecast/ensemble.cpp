#include "coordinator/forecast/ensemble.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/base/assert.h"
#include "coordinator/forecast/holt_winters.h"
#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/seasonal_naive.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostOrigins = 8;

double pinball(const Quantiles& quantiles, double actual) {
  double loss = 0;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    const double over = actual - quantiles[q];
    loss += over >= 0 ? kQuantileLevels[q] * over : (kQuantileLevels[q] - 1) * over;
  }
  return loss / static_cast<double>(quantiles.size());
}

/// How far ahead a back-test can look: not further than the forecast, nor than the latest third
/// allows.
std::size_t distance_of(const Series& history, std::size_t points) {
  return std::min(points, std::max<std::size_t>(1, history.values.size() / 6));
}

std::vector<std::size_t> origins_of(const Series& history, std::size_t distance) {
  const std::size_t n = history.values.size();
  const std::size_t from = n - n / 3;
  const std::size_t to = n - distance;
  std::vector<std::size_t> origins;
  if (to <= from) return origins;
  const std::size_t count = std::min(kMostOrigins, to - from);
  for (std::size_t k = 0; k < count; ++k) origins.push_back(from + (k + 1) * (to - from) / count);
  return origins;
}

void add_score(ModelScore& score, const Forecast& forecast, const std::vector<double>& values,
               std::size_t origin) {
  for (std::size_t h = 0; h < forecast.quantiles.size() && origin + h < values.size(); ++h) {
    const double actual = values[origin + h];
    if (!std::isfinite(actual)) continue;
    const Quantiles& quantiles = forecast.quantiles[h];
    score.pinball += pinball(quantiles, actual);
    score.coverage80 += actual >= quantiles[2] && actual <= quantiles[4] ? 1 : 0;
    ++score.points;
  }
}

ModelScore backtest(const Forecaster& member, const Series& history, std::size_t points) {
  ModelScore score;
  score.model = member.name();
  const std::size_t distance = distance_of(history, points);
  Series known = history;
  for (const std::size_t origin : origins_of(history, distance)) {
    known.values.assign(history.values.begin(),
                        history.values.begin() + static_cast<std::ptrdiff_t>(origin));
    const ForecastOrReason made = member.forecast(known, distance);
    if (const auto* forecast = std::get_if<Forecast>(&made))
      add_score(score, *forecast, history.values, origin);
  }
  if (score.points > 0) {
    score.pinball /= static_cast<double>(score.points);
    score.coverage80 /= static_cast<double>(score.points);
  }
  return score;
}

}  // namespace

Ensemble::Ensemble(std::vector<std::unique_ptr<Forecaster>> members)
    : members_(std::move(members)) {
  FS_ASSERT(!members_.empty());
}

ForecastOrReason Ensemble::forecast(const Series& history, std::size_t points) const {
  return forecast_with_scores(history, points).forecast;
}

Ensemble::Outcome Ensemble::forecast_with_scores(const Series& history, std::size_t points) const {
  if (auto reason = why_not_yet(history)) return {.forecast = *reason, .scores = {}};
  std::vector<ModelScore> scores;
  std::size_t serving = 0;
  for (const auto& member : members_) {
    scores.push_back(backtest(*member, history, points));
    const ModelScore& score = scores.back();
    // Fewer points than the yardstick had: it could not forecast then, and an easier part was left
    // to it.
    if (score.points > 0 && score.points >= scores.front().points &&
        score.pinball < scores[serving].pinball) {
      serving = scores.size() - 1;
    }
  }
  scores[serving].serves = true;
  ForecastOrReason forecast = members_[serving]->forecast(history, points);
  std::stable_sort(scores.begin(), scores.end(), [](const ModelScore& a, const ModelScore& b) {
    return std::pair(!a.serves, a.pinball) < std::pair(!b.serves, b.pinball);
  });
  return {.forecast = std::move(forecast), .scores = std::move(scores)};
}

std::unique_ptr<Ensemble> make_default_ensemble() {
  std::vector<std::unique_ptr<Forecaster>> members;
  members.push_back(std::make_unique<SeasonalNaive>());
  members.push_back(std::make_unique<HoltWinters>());
  return std::make_unique<Ensemble>(std::move(members));
}

}  // namespace foreshock::coordinator
