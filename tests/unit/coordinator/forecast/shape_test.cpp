#include "coordinator/forecast/shape.h"

#include <gtest/gtest.h>

#include "coordinator/forecast/lag_regression.h"
#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// From a Monday on.
Series week_series(std::vector<double> values, std::chrono::nanoseconds step) {
  Series series = series_of(std::move(values), step);
  series.start = wall_time_from_ms(1'704'067'200'000);  // 2024-01-01, a Monday
  return series;
}

TEST(Window, knows_days_weeks_and_weekends) {
  const Window window = make_window(week_series(noise(24 * 20, 5, 1, 1), hours(1)));
  EXPECT_EQ(window.day, 24u);
  EXPECT_EQ(window.week, 168u);
  EXPECT_FALSE(window.is_weekend(4 * 24 + 23));
  EXPECT_TRUE(window.is_weekend(5 * 24));
  EXPECT_TRUE(window.is_weekend(7 * 24 - 1));
  EXPECT_FALSE(window.is_weekend(7 * 24));
}

TEST(Window, a_short_or_odd_history_has_no_day) {
  EXPECT_EQ(make_window(series_of(noise(50, 5, 1, 1), hours(1))).day, 0u);
  EXPECT_EQ(make_window(series_of(noise(500, 5, 1, 1), minutes(7))).day, 0u);
}

TEST(FindPeriods, finds_a_period_that_is_no_day) {
  std::vector<double> values = noise(24 * 20, 5, 0.1, 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += i % 25 < 3 ? 10 : 0;
  const Window window = make_window(series_of(values, hours(1)));
  const auto periods = find_periods(window, window.size(), 2);
  ASSERT_FALSE(periods.empty());
  EXPECT_EQ(periods[0] % 25, 0u);
}

TEST(ForecastShape, uses_nothing_after_its_origin) {
  std::vector<double> values = seasonal(24 * 20, 24, 0.5, 3);
  const Horizons horizons{.origins = {300, 400}, .points = 30};
  const auto paths_of = [&](const std::vector<double>& seen) {
    const Window window = make_window(series_of(seen, hours(1)));
    std::vector<std::vector<std::vector<double>>> paths;
    for (const auto& shape : make_shapes(window)) {
      if (!shape->name().starts_with("every"))
        paths.push_back(forecast_shape(window, *shape, horizons).paths);
    }
    return paths;
  };
  const auto before = paths_of(values);
  // Same noise scale, other future.
  std::reverse(values.begin() + 400, values.end());
  const auto after = paths_of(values);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t m = 0; m < before.size(); ++m) {
    for (std::size_t h = 0; h < 30; ++h) EXPECT_NEAR(before[m][1][h], after[m][1][h], 0.2);
  }
}

}  // namespace
}  // namespace foreshock::coordinator
