#include "coordinator/calendar/effect.h"

#include <random>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kStart = WallTime(24h * 20000);
constexpr std::size_t kHours = 24 * 28;

/// Two hours at noon of each fourth day.
Regressor campaigns() {
  Regressor regressor{.name = "c", .start = kStart, .step = 1h, .values = {}};
  for (std::size_t hour = 0; hour < kHours + 48; ++hour) {
    const bool is_noon = hour % 24 == 12 || hour % 24 == 13;
    regressor.values.push_back(is_noon && (hour / 24) % 4 == 3 ? 1 : 0);
  }
  return regressor;
}

Series load(double brought) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, .2);
  const Regressor regressor = campaigns();
  Series series{.key = {}, .start = kStart, .step = 1h, .values = {}};
  for (std::size_t hour = 0; hour < kHours; ++hour)
    series.values.push_back(5 + static_cast<double>(hour % 24) / 8 +
                            brought * regressor.values[hour] + noise(random));
  return series;
}

}  // namespace

TEST(RegressorEffect, finds_the_load_that_campaigns_bring) {
  const auto effect = measure_effect(load(3), campaigns());
  EXPECT_EQ(effect.events, 7U);
  EXPECT_NEAR(effect.per_unit, 3, .5);
  EXPECT_GT(effect.usefulness, .5);
  EXPECT_TRUE(effect.helps());
}

TEST(RegressorEffect, is_switched_off_where_it_brings_nothing) {
  const auto effect = measure_effect(load(0), campaigns());
  EXPECT_LT(effect.usefulness, .1);
  EXPECT_FALSE(effect.helps());
}

TEST(RegressorEffect, two_events_are_not_enough) {
  Series series = load(3);
  series.values.resize(24 * 9);
  EXPECT_EQ(measure_effect(series, campaigns()).events, 2U);
  EXPECT_FALSE(measure_effect(series, campaigns()).helps());
}

TEST(RegressorEffect, moves_a_forecast_when_the_event_begins_and_back_when_it_ends) {
  Forecast forecast;
  forecast.start = kStart + 24h * 3 + 11h;
  forecast.step = 30min;
  forecast.mean.assign(8, 5.0);
  forecast.quantiles.assign(8, {4, 4, 4, 5, 6, 6, 6});
  apply_effect(forecast, campaigns(), {.per_unit = 3, .events = 5, .usefulness = .5});
  EXPECT_EQ(forecast.mean, (std::vector<double>{5, 5, 8, 8, 8, 8, 5, 5}));
  EXPECT_EQ(forecast.quantiles[2].back(), 9);
}

TEST(RegressorEffect, what_goes_on_already_is_not_added_again) {
  Forecast forecast;
  forecast.start = kStart + 24h * 3 + 13h;
  forecast.step = 1h;
  forecast.mean.assign(2, 8.0);
  forecast.quantiles.assign(2, {7, 7, 7, 8, 9, 9, 9});
  apply_effect(forecast, campaigns(), {.per_unit = 3, .events = 5, .usefulness = .5});
  EXPECT_EQ(forecast.mean, (std::vector<double>{8, 5}));
}

}  // namespace foreshock::coordinator
