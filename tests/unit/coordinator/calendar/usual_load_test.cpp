#include "coordinator/calendar/usual_load.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kMonday = WallTime(24h * 20003);

/// Four weeks: 10, on weekends 4.
std::vector<HourlyLoad> weeks() {
  std::vector<HourlyLoad> loads;
  for (int hour = 0; hour < 24 * 28; ++hour) {
    const bool is_weekend = (hour / 24) % 7 >= 5;
    loads.push_back({kMonday + 1h * hour + 30min, is_weekend ? 4.0 : 10.0});
  }
  return loads;
}

Regressor nothing() {
  return {.name = "nothing", .start = kMonday, .step = 1h, .values = {}};
}

}  // namespace

TEST(UsualLoad, hours_of_the_week_begin_on_monday) {
  EXPECT_EQ(hour_of_week(kMonday), 0U);
  EXPECT_EQ(hour_of_week(kMonday + 24h + 90min), 25U);
  EXPECT_EQ(hour_of_week(kMonday - 1ns), kHoursOfWeek - 1);
  EXPECT_EQ(hour_of_week(WallTime(-1h)), 3 * kHoursOfDay - 1);
}

TEST(UsualLoad, is_that_hour_of_other_days_until_the_week_tells) {
  UsualLoad usual;
  EXPECT_FALSE(usual.is_known(5));
  EXPECT_EQ(usual.at(5), 0);
  usual.add(5, 7);
  EXPECT_TRUE(usual.is_known(29));
  EXPECT_FALSE(usual.is_known_by_week(29));
  EXPECT_DOUBLE_EQ(usual.at(29), 7);
  usual.add(29, 1);
  EXPECT_NEAR(usual.at(29), 1, .2);
  EXPECT_NEAR(usual.at(5), 7, .2);
}

TEST(UsualLoad, hours_are_means_of_what_is_known) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  const Series series{.key = {},
                      .start = kMonday + 30min,
                      .step = 15min,
                      .values = {1, 3, 4, gap, gap, 6, gap, gap, gap, gap, 9}};
  const auto loads = by_hour(series);
  ASSERT_EQ(loads.size(), 3U);
  EXPECT_EQ(loads[0].middle, kMonday + 30min);
  EXPECT_EQ(loads[0].value, 2);
  EXPECT_EQ(loads[1].middle, kMonday + 90min);
  EXPECT_EQ(loads[1].value, 5);
  EXPECT_EQ(loads[2].middle, kMonday + 3h + 30min);
  EXPECT_EQ(loads[2].value, 9);
}

TEST(UnexplainedLoad, of_what_is_as_usual_is_next_to_nothing) {
  const UnexplainedLoad left(weeks(), nothing());
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_NEAR(left.at(i), 0, .5) << i;
  EXPECT_NEAR(left.usual().at(5 * 24 + 12) - left.usual().at(12), -6, .5);
}

TEST(UnexplainedLoad, hardly_takes_another_level_for_another_day) {
  auto loads = weeks();
  for (std::size_t i = loads.size() / 2; i < loads.size(); ++i) loads[i].value += 30;
  const UnexplainedLoad left(loads, nothing());
  EXPECT_NEAR(left.usual().at(5 * 24 + 12) - left.usual().at(12), -6, 6);
  for (std::size_t i = loads.size() / 2 + 48; i < loads.size(); ++i)
    EXPECT_NEAR(left.at(i), 0, 5) << i;
}

TEST(UnexplainedLoad, leaves_what_events_brought_whole) {
  auto loads = weeks();
  Regressor regressor = nothing();
  regressor.values.assign(24 * 28, 0.0);
  for (const int hour : {24 * 8 + 10, 24 * 15 + 11, 24 * 23 + 9}) {
    loads[static_cast<std::size_t>(hour)].value += 20;
    regressor.values[static_cast<std::size_t>(hour)] = 2;
  }
  const UnexplainedLoad left(loads, regressor);
  EXPECT_TRUE(left.is_inside(24 * 8 + 10));
  EXPECT_EQ(left.strength(24 * 8 + 10), 2);
  EXPECT_NEAR(left.at(24 * 8 + 10), 20, .5);
  EXPECT_NEAR(left.at(24 * 8 + 11), 0, .5);
}

TEST(UnexplainedLoad, knows_what_an_hour_would_be_on_another_day) {
  Regressor regressor = nothing();
  regressor.values.assign(24 * 28, 0.0);
  regressor.values[24 * 8 + 10] = 1;
  regressor.values[24 * 8 + 11] = .5;
  const UnexplainedLoad left(weeks(), regressor);
  EXPECT_TRUE(left.is_known_by_week(24 * 8 + 10));
  EXPECT_NEAR(left.change_to(6, 24 * 8 + 10), -6, .5);
  EXPECT_NEAR(left.change_to(6, 24 * 8 + 11), -3, .5);
  EXPECT_EQ(left.change_to(6, 24 * 8 + 12), 0);
}

}  // namespace foreshock::coordinator
