#include "coordinator/forecast/season.h"

#include <gtest/gtest.h>

#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(FindSeason, finds_the_day_in_values_per_five_minutes) {
  EXPECT_EQ(find_season(seasonal(288 * 4, 288, 0.5, 1), minutes(5)), 288u);
}

TEST(FindSeason, finds_the_minute_in_values_per_second) {
  EXPECT_EQ(find_season(seasonal(600, 60, 0.5, 2), seconds(1)), 60u);
}

TEST(FindSeason, needs_two_whole_seasons) {
  EXPECT_EQ(find_season(seasonal(288 + 200, 288, 0.1, 3), minutes(5)), std::nullopt);
}

TEST(FindSeason, a_week_is_taken_when_days_differ) {
  std::vector<double> values = seasonal(24 * 7 * 4, 24, 0.1, 4);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i / 24 % 7 >= 5) values[i] = 1;  // quiet on two of seven days
  }
  EXPECT_EQ(find_season(values, std::chrono::hours(1)), 24u * 7);
}

TEST(FindSeason, noise_trend_and_constants_have_none) {
  EXPECT_EQ(find_season(noise(3600, 5, 1, 5), seconds(1)), std::nullopt);
  EXPECT_EQ(find_season(trend(3600, 0.01, 0.1, 6), seconds(1)), std::nullopt);
  EXPECT_EQ(find_season(std::vector<double>(3600, 5.0), seconds(1)), std::nullopt);
  EXPECT_EQ(find_season({}, seconds(1)), std::nullopt);
}

TEST(FindSeason, a_random_walk_has_none) {
  std::vector<double> values = noise(3600, 0, 1, 7);
  for (std::size_t i = 1; i < values.size(); ++i) values[i] += values[i - 1];
  EXPECT_EQ(find_season(values, seconds(1)), std::nullopt);
}

TEST(FormatSeason, speaks_the_units_of_people) {
  EXPECT_EQ(format_season(288, minutes(5)), "1d");
  EXPECT_EQ(format_season(60, minutes(1)), "1h");
  EXPECT_EQ(format_season(300, seconds(1)), "5min");
  EXPECT_EQ(format_season(7, seconds(1)), "7s");
}

}  // namespace
}  // namespace foreshock::coordinator
