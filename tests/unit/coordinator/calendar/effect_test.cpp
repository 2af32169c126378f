#include "coordinator/calendar/effect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kHours = 24 * 28;
const WallTime kStart = WallTime(24h * 20003);  // a Monday

/// Two hours at noon of each fourth day.
Regressor campaigns() {
  Regressor regressor{.name = "campaigns", .start = kStart, .step = 1h, .values = {}};
  for (std::size_t hour = 0; hour < kHours + 48; ++hour) {
    const bool is_noon = hour % 24 == 12 || hour % 24 == 13;
    regressor.values.push_back(is_noon && (hour / 24) % 4 == 3 ? 1 : 0);
  }
  return regressor;
}

/// The days of these numbers, the first one is 0.
Regressor days(std::string name, const std::vector<std::size_t>& days) {
  Regressor regressor{.name = std::move(name), .start = kStart, .step = 1h, .values = {}};
  regressor.values.assign(kHours + 168, 0);
  for (const std::size_t day : days)
    std::fill_n(regressor.values.begin() + static_cast<std::ptrdiff_t>(day * 24), 24, 1.0);
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

/// Ten to thirteen on workdays, four on weekends and on the days given.
Series office(const std::vector<std::size_t>& quiet_days) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, .2);
  const Regressor quiet = days("", quiet_days);
  Series series{.key = {}, .start = kStart, .step = 1h, .values = {}};
  for (std::size_t hour = 0; hour < kHours; ++hour) {
    const bool is_quiet = (hour / 24) % 7 >= 5 || quiet.values[hour] == 1;
    series.values.push_back((is_quiet ? 4 : 10 + static_cast<double>(hour % 24) / 8) +
                            noise(random));
  }
  return series;
}

RegressorEffect measure_effect(const Series& history, const Regressor& regressor) {
  return measure_effects(history, {regressor}).at(regressor.name);
}

RegressorEffects brings(double per_unit) {
  RegressorEffect effect;
  effect.per_unit = per_unit;
  effect.events = 5;
  effect.usefulness = .5;
  effect.certainty = 3;
  return {{"campaigns", effect}};
}

Forecast flat(WallTime start, std::chrono::nanoseconds step, std::size_t points, double value) {
  Forecast forecast;
  forecast.start = start;
  forecast.step = step;
  forecast.mean.assign(points, value);
  forecast.quantiles.assign(
      points, {value - 1, value - 1, value - 1, value, value + 1, value + 1, value + 1});
  return forecast;
}

}  // namespace

TEST(RegressorEffect, finds_the_load_that_campaigns_bring) {
  const auto effect = measure_effect(load(3), campaigns());
  EXPECT_EQ(effect.events, 7U);
  EXPECT_FALSE(effect.like_day);
  EXPECT_NEAR(effect.per_unit, 3, .5);
  EXPECT_GT(effect.usefulness, .5);
  EXPECT_TRUE(effect.helps());
}

TEST(RegressorEffect, is_the_same_from_values_by_the_minute) {
  const Series by_hour = load(3);
  Series by_minute{.key = {}, .start = kStart, .step = 1min, .values = {}};
  for (const double value : by_hour.values)
    by_minute.values.insert(by_minute.values.end(), 60, value);
  EXPECT_NEAR(measure_effect(by_minute, campaigns()).per_unit,
              measure_effect(by_hour, campaigns()).per_unit, 1e-9);
}

TEST(RegressorEffect, is_switched_off_where_it_brings_nothing) {
  const auto effect = measure_effect(load(0), campaigns());
  EXPECT_LT(effect.usefulness, .1);
  EXPECT_FALSE(effect.helps());
}

TEST(RegressorEffect, two_events_are_not_enough) {
  Series series = load(3);
  series.values.resize(24 * 9);
  const auto effect = measure_effect(series, campaigns());
  EXPECT_EQ(effect.events, 2U);
  EXPECT_FALSE(effect.helps());
}

TEST(RegressorEffect, one_holiday_tells_that_it_is_like_a_sunday) {
  const auto effect = measure_effect(office({15}), days("holidays", {15, 29}));
  EXPECT_EQ(effect.events, 1U);
  ASSERT_TRUE(effect.like_day);
  EXPECT_GE(*effect.like_day, 5U);
  EXPECT_GT(effect.usefulness, .5);
  EXPECT_TRUE(effect.helps());
  const WallTime noon = kStart + 24h * 29 + 12h;
  EXPECT_NEAR(effect.change_at(noon, 1), 4 - 11.5, 1);
  EXPECT_EQ(effect.change_at(noon, 0), 0);
}

TEST(RegressorEffect, a_holiday_on_which_people_work_is_left_out) {
  EXPECT_FALSE(measure_effect(office({}), days("holidays", {15, 29})).helps());
}

TEST(RegressorEffect, days_like_a_saturday_are_told_from_those_like_a_sunday) {
  Series series = office({});
  const Regressor bridges = days("bridge days", {4, 15, 22});
  for (std::size_t hour = 0; hour < kHours; ++hour) {
    const bool is_saturday = (hour / 24) % 7 == 5 || bridges.values[hour] == 1;
    if (is_saturday) series.values[hour] = hour % 24 < 12 ? 2 : 8;
  }
  const auto effect = measure_effect(series, bridges);
  EXPECT_EQ(effect.like_day, 5U);
  EXPECT_TRUE(effect.helps());
}

TEST(RegressorEffect, a_regime_that_began_is_not_what_an_event_brought) {
  Series series = office({});
  for (std::size_t hour = 24 * 14; hour < kHours; ++hour) series.values[hour] += 30;
  EXPECT_FALSE(measure_effect(series, days("fairs", {15, 22})).helps());
  const Regressor regressor = campaigns();
  EXPECT_FALSE(measure_effect(series, regressor).helps());
}

TEST(RegressorEffect, two_calendars_that_know_the_same_do_not_count_it_twice) {
  Regressor again = campaigns();
  again.name = "campaigns, once more";
  const std::vector<Regressor> both = {campaigns(), again};
  const auto effects = measure_effects(load(3), both);
  EXPECT_TRUE(effects.at("campaigns").helps() || effects.at(again.name).helps());
  auto forecast = flat(kStart + 24h * 3 + 12h, 1h, 1, 5);
  apply_effects(forecast, both, effects, ForecastBase::without_effects);
  EXPECT_NEAR(forecast.mean[0], 8, .5);
}

TEST(RegressorEffect, knows_that_what_an_event_brings_varies) {
  Series series = load(0);
  const Regressor regressor = campaigns();
  for (std::size_t hour = 0; hour < kHours; ++hour)
    series.values[hour] += regressor.values[hour] * ((hour / 96) % 2 == 0 ? 2 : 4);
  EXPECT_GT(measure_effect(series, regressor).spread, 2);
  EXPECT_LT(measure_effect(load(3), regressor).spread, 1.7);
}

TEST(RegressorEffect, gaps_in_the_history_tell_nothing) {
  Series series = load(3);
  for (std::size_t hour = 250; hour < 290; ++hour)
    series.values[hour] = std::numeric_limits<double>::quiet_NaN();
  const auto effect = measure_effect(series, campaigns());
  EXPECT_EQ(effect.events, 6U);
  EXPECT_NEAR(effect.per_unit, 3, .5);
}

TEST(RegressorEffect, is_taken_out_of_the_history) {
  Series series = load(3);
  const Series quiet = load(0);
  remove_effects(series, {campaigns()}, brings(3));
  for (std::size_t hour = 0; hour < kHours; ++hour)
    EXPECT_NEAR(series.values[hour], quiet.values[hour], 1e-9);
  remove_effects(series, {campaigns()}, brings(1000));
  EXPECT_EQ(*std::ranges::min_element(series.values), 0);
}

TEST(RegressorEffect, moves_a_forecast_when_the_event_begins_and_back_when_it_ends) {
  auto forecast = flat(kStart + 24h * 3 + 11h, 30min, 8, 5);
  apply_effects(forecast, {campaigns()}, brings(3), ForecastBase::as_it_was);
  EXPECT_EQ(forecast.mean, (std::vector<double>{5, 5, 8, 8, 8, 8, 5, 5}));
  EXPECT_EQ(forecast.quantiles[2].back(), 9);
}

TEST(RegressorEffect, widens_a_forecast_inside_of_events) {
  auto forecast = flat(kStart + 24h * 3 + 11h, 1h, 2, 5);
  auto effects = brings(3);
  effects.at("campaigns").spread = 2;
  apply_effects(forecast, {campaigns()}, effects, ForecastBase::as_it_was);
  EXPECT_EQ(forecast.quantiles[0], (Quantiles{4, 4, 4, 5, 6, 6, 6}));
  EXPECT_EQ(forecast.quantiles[1], (Quantiles{6, 6, 6, 8, 10, 10, 10}));
  forecast = flat(kStart + 24h * 3 + 12h + 30min, 30min, 2, 8);
  apply_effects(forecast, {campaigns()}, effects, ForecastBase::as_it_was);
  EXPECT_EQ(forecast.quantiles[0], (Quantiles{7, 7, 7, 8, 9, 9, 9}));
}

TEST(RegressorEffect, what_goes_on_already_is_not_added_again) {
  auto forecast = flat(kStart + 24h * 3 + 13h, 1h, 2, 8);
  apply_effects(forecast, {campaigns()}, brings(3), ForecastBase::as_it_was);
  EXPECT_EQ(forecast.mean, (std::vector<double>{8, 5}));
  forecast = flat(kStart + 24h * 3 + 13h, 1h, 2, 5);
  apply_effects(forecast, {campaigns()}, brings(3), ForecastBase::without_effects);
  EXPECT_EQ(forecast.mean, (std::vector<double>{8, 5}));
}

TEST(RegressorEffect, of_no_use_moves_nothing) {
  auto effects = brings(3);
  effects.at("campaigns").usefulness = .05;
  auto forecast = flat(kStart + 24h * 3 + 11h, 1h, 2, 5);
  apply_effects(forecast, {campaigns()}, effects, ForecastBase::without_effects);
  EXPECT_EQ(forecast.mean, (std::vector<double>{5, 5}));
  Series series = load(3);
  remove_effects(series, {campaigns()}, effects);
  EXPECT_EQ(series.values, load(3).values);
}

TEST(RegressorEffect, a_forecast_below_zero_may_stay_there) {
  auto forecast = flat(kStart + 24h * 3 + 11h, 1h, 2, -5);
  apply_effects(forecast, {campaigns()}, brings(-3), ForecastBase::without_effects);
  EXPECT_EQ(forecast.mean, (std::vector<double>{-5, -8}));
  forecast = flat(kStart + 24h * 3 + 11h, 1h, 2, 2);
  apply_effects(forecast, {campaigns()}, brings(-3), ForecastBase::without_effects);
  EXPECT_EQ(forecast.mean, (std::vector<double>{2, 0}));
}

}  // namespace foreshock::coordinator
