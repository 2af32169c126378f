#include "coordinator/forecast/season.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/forecast/made_series.h"

namespace foreshock::coordinator {
namespace {

using test::make_values;
using test::wave;

constexpr auto kHour = std::chrono::hours(1);

TEST(Season, finds_the_day_in_hourly_values) {
  const auto values = make_values(24 * 10, 0.2, [](std::size_t i) { return 5 + 2 * wave(i, 24); });
  EXPECT_EQ(choose_season(values, kHour), 24u);
}

TEST(Season, finds_the_week_where_days_differ) {
  const auto values = make_values(
      24 * 35, 0.1, [](std::size_t i) { return i / 24 % 7 < 5 ? 5 + 2 * wave(i, 24) : 1.0; });
  EXPECT_EQ(choose_season(values, kHour), 168u);
}

TEST(Season, noise_has_none) {
  const auto values = make_values(24 * 10, 1, [](std::size_t) { return 5.0; });
  EXPECT_EQ(choose_season(values, kHour), 0u);
}

TEST(Season, a_constant_has_none) {
  EXPECT_EQ(choose_season(std::vector<double>(240, 3.0), kHour), 0u);
}

TEST(Season, less_than_two_of_them_is_not_enough) {
  const auto values = make_values(40, 0.1, [](std::size_t i) { return 5 + 2 * wave(i, 24); });
  EXPECT_EQ(choose_season(values, kHour), 0u);
}

TEST(Season, gaps_do_not_hide_it) {
  auto values = make_values(24 * 10, 0.2, [](std::size_t i) { return 5 + 2 * wave(i, 24); });
  for (std::size_t i = 30; i < 60; ++i) values[i] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(choose_season(values, kHour), 24u);
}

}  // namespace
}  // namespace foreshock::coordinator
