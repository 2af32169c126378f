#include "coordinator/registry/forecast_check.h"

#include <limits>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = wall_time_from_ms(1'700'000'000'000);
const SeriesKey kKey{{1, "/shop"}, Quantity::cpu_usage};

/// Flat at `mean`, the quantiles one apart around it.
Forecast flat(double mean, std::size_t points, WallTime start = kStart) {
  Forecast forecast;
  forecast.key = kKey;
  forecast.start = start;
  forecast.step = 1min;
  forecast.model = "flat";
  forecast.mean.assign(points, mean);
  forecast.quantiles.assign(points,
                            {mean - 3, mean - 2, mean - 1, mean, mean + 1, mean + 2, mean + 3});
  return forecast;
}

Series values(std::vector<double> known, WallTime start = kStart) {
  return {.key = kKey, .start = start, .step = 1min, .values = std::move(known)};
}

TEST(ForecastCheck, compares_one_point_a_range_with_what_came) {
  ForecastCheck check(10);
  check.remember(flat(10, 10), 12);
  EXPECT_TRUE(check.score(values({})).empty());

  const auto first = check.score(values({10.5}));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].range, 0U);
  EXPECT_EQ(first[0].time, kStart);
  EXPECT_DOUBLE_EQ(first[0].error, 0.5);
  EXPECT_DOUBLE_EQ(first[0].naive_error, 1.5);
  EXPECT_TRUE(first[0].inside80);

  const auto rest = check.score(values({10.5, 10, 10, 12.5, 10, 10, 10, 15, 10, 10}));
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].range, 1U);
  EXPECT_FALSE(rest[0].inside80);
  EXPECT_TRUE(rest[0].inside95);
  EXPECT_TRUE(rest[0].above95);
  EXPECT_EQ(rest[1].range, 2U);
  EXPECT_FALSE(rest[1].inside95);
  EXPECT_EQ(check.followed(), 0U);
}

TEST(ForecastCheck, an_unknown_value_is_no_error) {
  ForecastCheck check(10);
  check.remember(flat(10, 1), 12);
  EXPECT_TRUE(check.score(values({std::numeric_limits<double>::quiet_NaN()})).empty());
  EXPECT_EQ(check.followed(), 0U);
}

TEST(ForecastCheck, drops_points_from_before_the_series) {
  ForecastCheck check(10);
  check.remember(flat(10, 1), 12);
  EXPECT_TRUE(check.score(values({1, 2}, kStart + 1h)).empty());
  EXPECT_EQ(check.followed(), 0U);
}

TEST(ForecastCheck, keeps_few_points_however_often_a_series_is_forecast) {
  ForecastCheck check(10);
  for (int i = 0; i < 1000; ++i) check.remember(flat(10, 60, kStart + i * 1s), 12);
  // 1000 s of forecasts: range "1h" is 45 min wide, so its points are 168.75 s apart.
  std::vector<double> known(200, 10);
  std::size_t of_the_hour = 0;
  for (const auto& point : check.score(values(known))) of_the_hour += point.range == 3 ? 1 : 0;
  EXPECT_EQ(of_the_hour, 6U);
}

TEST(ForecastCheck, follows_no_more_series_than_it_may) {
  ForecastCheck check(1);
  check.remember(flat(10, 1), 12);
  Forecast other = flat(10, 1);
  other.key.workload.cgroup = "/other";
  check.remember(other, 12);
  EXPECT_EQ(check.followed(), 1U);
}

}  // namespace
}  // namespace foreshock::coordinator
