#include "coordinator/forecast/forecaster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "coordinator/forecast/combination.h"
#include "coordinator/forecast/seasonal_naive.h"
#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using std::chrono::minutes;

Forecast forecast(const Forecaster& forecaster, const Series& history, std::size_t points) {
  const ForecastOrReason made = forecaster.forecast(history, points);
  EXPECT_TRUE(std::holds_alternative<Forecast>(made));
  return std::get<Forecast>(made);
}

void expect_sound(const Forecast& forecast, const Series& history, std::size_t points) {
  EXPECT_EQ(forecast.key, history.key);
  EXPECT_EQ(forecast.start, history.end());
  EXPECT_EQ(forecast.step, history.step);
  EXPECT_FALSE(forecast.model.empty());
  ASSERT_EQ(forecast.mean.size(), points);
  ASSERT_EQ(forecast.quantiles.size(), points);
  for (std::size_t h = 0; h < points; ++h) {
    EXPECT_TRUE(std::isfinite(forecast.mean[h]));
    EXPECT_GE(forecast.quantiles[h].front(), 0);
    EXPECT_TRUE(std::is_sorted(forecast.quantiles[h].begin(), forecast.quantiles[h].end()));
    EXPECT_TRUE(std::isfinite(forecast.quantiles[h].back()));
  }
}

/// What every member of the family must do.
class EveryForecaster : public ::testing::TestWithParam<int> {
 protected:
  EveryForecaster() {
    if (GetParam() == 0) forecaster_ = std::make_unique<SeasonalNaive>();
    if (GetParam() == 1) forecaster_ = std::make_unique<Combination>();
  }
  std::unique_ptr<Forecaster> forecaster_;
};

TEST_P(EveryForecaster, answers_for_any_history) {
  std::vector<std::vector<double>> histories = {
      noise(300, 5, 1, 1),           seasonal(3600, 300, 0.3, 2),   trend(600, 0.05, 0.5, 3),
      std::vector<double>(200, 7.0), std::vector<double>(200, 0.0), noise(30, 1, 3, 4)};
  std::vector<double> gaps = noise(400, 5, 1, 5);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    if (i % 3 == 1 || (i > 100 && i < 200) || i > 380 || i < 20) gaps[i] = kNaN;
  }
  histories.push_back(gaps);
  std::vector<double> spikes = noise(500, 1, 0.1, 6);
  for (std::size_t i = 37; i < spikes.size(); i += 61) spikes[i] = 1e6;
  histories.push_back(spikes);
  for (const auto& values : histories) {
    for (const std::size_t points : {1u, 60u, 500u}) {
      const Series history = series_of(values);
      expect_sound(forecast(*forecaster_, history, points), history, points);
    }
  }
}

TEST_P(EveryForecaster, says_why_not_yet_and_when) {
  for (const auto& values :
       {std::vector<double>{}, std::vector<double>(10, 1.0), std::vector<double>(500, kNaN)}) {
    const Series history = series_of(values);
    const ForecastOrReason made = forecaster_->forecast(history, 60);
    ASSERT_TRUE(std::holds_alternative<NotYet>(made));
    EXPECT_FALSE(std::get<NotYet>(made).reason.empty());
    EXPECT_GT(std::get<NotYet>(made).ready_at, history.end());
  }
}

TEST_P(EveryForecaster, a_constant_stays_constant_and_certain) {
  const Forecast made = forecast(*forecaster_, series_of(std::vector<double>(300, 7.0)), 60);
  EXPECT_NEAR(made.quantiles[59].front(), 7, 1e-6);
  EXPECT_NEAR(made.quantiles[59].back(), 7, 1e-6);
}

TEST_P(EveryForecaster, its_eighty_percent_band_holds_about_eighty_percent) {
  double inside = 0;
  double points = 0;
  for (std::uint64_t world = 0; world < 25; ++world) {
    const std::vector<double> all = noise(660, 10, 1, 100 + world);
    const Forecast made = forecast(*forecaster_, series_of({all.begin(), all.begin() + 600}), 60);
    for (std::size_t h = 0; h < 60; ++h) {
      inside += all[600 + h] >= made.quantiles[h][2] && all[600 + h] <= made.quantiles[h][4];
      ++points;
    }
  }
  EXPECT_GE(inside / points, 0.7);
  EXPECT_LE(inside / points, 0.9);
}

TEST_P(EveryForecaster, follows_a_season) {
  const std::vector<double> all = seasonal(288 * 5, 288, 0.2, 8);
  const Series history = series_of({all.begin(), all.begin() + 288 * 4}, minutes(5));
  const Forecast made = forecast(*forecaster_, history, 288);
  double error = 0;
  for (std::size_t h = 0; h < 288; ++h)
    error += std::abs(made.quantiles[h][3] - all[288 * 4 + h]) / 288;
  EXPECT_LT(error, 0.5);  // the season's amplitude is 3
}

TEST_P(EveryForecaster, is_deterministic) {
  const Series history = series_of(noise(300, 5, 1, 9));
  EXPECT_EQ(forecast(*forecaster_, history, 60).quantiles,
            forecast(*forecaster_, history, 60).quantiles);
}

std::string name_of_member(const ::testing::TestParamInfo<int>& info) {
  constexpr std::array kNames = {"SeasonalNaive", "Combination"};
  return kNames[static_cast<std::size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Forecast, EveryForecaster, ::testing::Values(0, 1), name_of_member);

TEST(SeasonalNaive, repeats_the_last_season) {
  const std::vector<double> values = seasonal(288 * 3, 288, 0, 1);
  const Forecast made = forecast(SeasonalNaive(), series_of(values, minutes(5)), 400);
  EXPECT_EQ(made.model, "seasonal-naive (1d)");
  EXPECT_NEAR(made.mean[10], values[288 * 2 + 10], 1e-9);
  EXPECT_NEAR(made.mean[300], values[288 * 2 + 12], 1e-9);
}

TEST(SeasonalNaive, says_when_it_has_no_season_to_repeat) {
  const Forecast made = forecast(SeasonalNaive(), series_of(noise(300, 5, 1, 2)), 60);
  EXPECT_EQ(made.model, "recent-level (60 steps, no season)");
  EXPECT_NEAR(made.mean[30], 5, 0.5);
}

}  // namespace
}  // namespace foreshock::coordinator
