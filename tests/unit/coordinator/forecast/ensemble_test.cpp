#include "coordinator/forecast/ensemble.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/forecast/made_series.h"

namespace foreshock::coordinator {
namespace {

using test::make_series;
using test::make_values;
using test::wave;

Forecast forecast_of(const Series& series, std::size_t points = 24) {
  auto answer = make_default_ensemble()->forecast(series, points);
  EXPECT_TRUE(std::holds_alternative<Forecast>(answer));
  return std::get<Forecast>(std::move(answer));
}

std::string served(const std::vector<double>& values, std::chrono::nanoseconds step) {
  const auto outcome = make_default_ensemble()->forecast_with_scores(make_series(values, step), 24);
  for (const auto& score : outcome.scores) {
    if (score.serves) return score.model;
  }
  return "";
}

void expect_sound(const Forecast& forecast, std::size_t points) {
  ASSERT_EQ(forecast.quantiles.size(), points);
  ASSERT_EQ(forecast.mean.size(), points);
  for (std::size_t i = 0; i < points; ++i) {
    EXPECT_TRUE(std::isfinite(forecast.mean[i]));
    EXPECT_GE(forecast.mean[i], 0);
    EXPECT_GE(forecast.quantiles[i][0], 0);
    for (std::size_t q = 1; q < forecast.quantiles[i].size(); ++q) {
      EXPECT_LE(forecast.quantiles[i][q - 1], forecast.quantiles[i][q]);
    }
  }
}

TEST(Ensemble, says_why_not_yet_and_when) {
  const auto series = make_series(std::vector<double>(12, 1.0));
  const auto answer = make_default_ensemble()->forecast(series, 10);
  ASSERT_TRUE(std::holds_alternative<NotYet>(answer));
  EXPECT_NE(std::get<NotYet>(answer).reason.find("12 of the 30"), std::string::npos);
  EXPECT_EQ(std::get<NotYet>(answer).ready_at, series.end() + std::chrono::seconds(18));
}

TEST(Ensemble, a_series_of_gaps_is_not_enough) {
  const auto series =
      make_series(std::vector<double>(100, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_TRUE(std::holds_alternative<NotYet>(make_default_ensemble()->forecast(series, 10)));
}

TEST(Ensemble, is_sound_on_every_kind_of_series) {
  expect_sound(forecast_of(make_series(std::vector<double>(300, 0.0))), 24);
  expect_sound(forecast_of(make_series(std::vector<double>(300, 7.0))), 24);
  expect_sound(forecast_of(make_series(make_values(300, 1, [](std::size_t) { return 0.1; }))), 24);
  expect_sound(forecast_of(make_series(
                   make_values(300, 1, [](std::size_t i) { return i % 50 == 0 ? 900.0 : 0.0; }))),
               24);
  auto gaps = make_values(300, 1, [](std::size_t) { return 10.0; });
  for (std::size_t i = 0; i < 300; i += 3) gaps[i] = std::numeric_limits<double>::quiet_NaN();
  expect_sound(forecast_of(make_series(gaps), 200), 200);
}

TEST(Ensemble, starts_where_the_history_ends) {
  const auto series = make_series(make_values(300, 1, [](std::size_t) { return 10.0; }));
  const auto forecast = forecast_of(series);
  EXPECT_EQ(forecast.start, series.end());
  EXPECT_EQ(forecast.step, series.step);
  EXPECT_EQ(forecast.key, series.key);
}

TEST(Ensemble, the_choice_between_members_is_real) {
  // Noise around a level: smoothing averages more of it away. Days that repeat exactly: nothing
  // beats repeating.
  const auto noise = make_values(600, 2, [](std::size_t) { return 10.0; });
  EXPECT_EQ(served(noise, std::chrono::seconds(7)), "damped-holt-winters");
  const auto exact = make_values(24 * 14, 0, [](std::size_t i) {
    return i % 24 == 3 ? 50.0 : i % 24 < 9 ? 1.0 : 10.0;
  });
  EXPECT_EQ(served(exact, std::chrono::hours(1)), "seasonal-naive");
}

TEST(Ensemble, an_80_percent_band_covers_about_80_percent) {
  double inside = 0;
  double count = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    const auto values = make_values(
        424, 2, [](std::size_t i) { return 20 + 5 * wave(i, 60); }, seed);
    const auto forecast = forecast_of(make_series({values.begin(), values.begin() + 400}));
    for (std::size_t i = 0; i < 24; ++i) {
      inside +=
          values[400 + i] >= forecast.quantiles[i][2] && values[400 + i] <= forecast.quantiles[i][4]
              ? 1
              : 0;
      ++count;
    }
  }
  EXPECT_GT(inside / count, 0.72);
  EXPECT_LT(inside / count, 0.90);
}

TEST(Ensemble, scores_come_best_first_and_one_serves) {
  const auto outcome = make_default_ensemble()->forecast_with_scores(
      make_series(make_values(400, 1, [](std::size_t i) { return 10 + 4 * wave(i, 60); })), 24);
  ASSERT_EQ(outcome.scores.size(), 2u);
  EXPECT_LE(outcome.scores[0].pinball, outcome.scores[1].pinball);
  EXPECT_EQ(std::ranges::count_if(outcome.scores, &ModelScore::serves), 1);
  EXPECT_GT(outcome.scores[0].points, 100u);
}

}  // namespace
}  // namespace foreshock::coordinator
