#include "coordinator/forecast/pooled_load.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<double> pool(const std::vector<std::vector<double>>& members, std::size_t late = 1) {
  std::vector<Series> series;
  for (const auto& values : members)
    series.push_back(
        {{{1, "/a"}, Quantity::cpu_usage}, WallTime(), std::chrono::minutes(1), values});
  return pooled_load(series, late).values;
}

TEST(PooledLoad, is_the_sum) {
  EXPECT_EQ(pool({{1, 2, 3}, {10, 20, 30}}), (std::vector<double>{11, 22, 33}));
}

TEST(PooledLoad, a_member_that_is_silent_for_a_while_does_not_look_like_a_fall) {
  EXPECT_EQ(pool({{1, 1, 1, 1}, {10, kNone, kNone, 40}}), (std::vector<double>{11, 21, 31, 41}));
}

TEST(PooledLoad, members_come_and_go) {
  EXPECT_EQ(pool({{1, 1, 1, 1}, {kNone, kNone, 5, 5}, {7, kNone, kNone, kNone}}),
            (std::vector<double>{8, 1, 6, 6}));
}

TEST(PooledLoad, a_step_that_nobody_knows_stays_unknown) {
  const auto values = pool({{1, kNone, 1}, {2, kNone, 2}});
  EXPECT_EQ(values[0], 3);
  EXPECT_TRUE(std::isnan(values[1]));
}

TEST(PooledLoad, ends_where_the_last_one_that_goes_on_has_told) {
  EXPECT_EQ(pool({{1, 1, 1}, {2, 2, kNone}}), (std::vector<double>{3, 3}));
  EXPECT_EQ(pool({{1, 1, 1, 1}, {2, kNone, kNone, kNone}}, 2), (std::vector<double>{3, 1, 1, 1}));
  EXPECT_TRUE(std::isnan(pool({{kNone, kNone}}).at(0)));
}

Forecast constant(double mean, double spread, std::size_t points) {
  Forecast forecast;
  forecast.start = WallTime(std::chrono::hours(1));
  forecast.step = std::chrono::minutes(1);
  forecast.mean.assign(points, mean);
  Quantiles quantiles;
  for (std::size_t q = 0; q < quantiles.size(); ++q)
    quantiles[q] = mean + spread * (kQuantileLevels[q] - 0.5);
  forecast.quantiles.assign(points, quantiles);
  return forecast;
}

TEST(PooledForecast, adds_up_as_if_all_were_high_at_once) {
  const Forecast one = constant(1, 2, 3), other = constant(10, 4, 3);
  const auto pool = pooled_forecast({&one, &other});
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->start, one.start);
  EXPECT_EQ(pool->mean, (std::vector<double>{11, 11, 11}));
  EXPECT_DOUBLE_EQ(pool->quantiles[2][4], 11 + 6 * 0.4);
  EXPECT_DOUBLE_EQ(pool->quantiles[2][0], 11 - 6 * 0.475);
}

TEST(PooledForecast, of_nothing_or_of_different_steps_there_is_none) {
  EXPECT_FALSE(pooled_forecast({}));
  const Forecast one = constant(1, 2, 3), longer = constant(1, 2, 4);
  EXPECT_FALSE(pooled_forecast({&one, &longer}));
  Forecast later = one;
  later.start += later.step;
  EXPECT_FALSE(pooled_forecast({&one, &later}));
}

}  // namespace
}  // namespace foreshock::coordinator
