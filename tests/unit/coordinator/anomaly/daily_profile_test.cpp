#include "coordinator/anomaly/daily_profile.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kMidnight = WallTime(24h * 20000);

void learn_day(DailyProfile& profile, int day, double at_noon, double otherwise) {
  for (int minute = 0; minute < 24 * 60; minute += 10) {
    const bool is_noon = minute >= 12 * 60 && minute < 13 * 60;
    profile.learn(kMidnight + 24h * day + std::chrono::minutes(minute),
                  is_noon ? at_noon : otherwise, 5);
  }
}

}  // namespace

TEST(DailyProfile, expects_nothing_of_a_time_not_seen) {
  DailyProfile profile;
  profile.learn(kMidnight + 1h, 4, 1);
  profile.learn(kMidnight + 2h, 4, 1);
  EXPECT_FALSE(profile.expected(kMidnight + 12h));
}

TEST(DailyProfile, expects_what_was_at_that_time_on_earlier_days) {
  DailyProfile profile;
  for (int day = 0; day < 3; ++day) learn_day(profile, day, 9, 1);
  EXPECT_NEAR(profile.expected(kMidnight + 72h + 12h + 30min).value(), 9, 1e-9);
  EXPECT_NEAR(profile.expected(kMidnight + 72h + 15h).value(), 1, 1e-9);
  EXPECT_NEAR(profile.expected(kMidnight + 72h + 12h + 37min).value(), 9, 1e-9)
      << "between the times seen, the next one";
}

TEST(DailyProfile, one_wild_day_is_not_the_rule_of_the_next) {
  DailyProfile profile;
  for (int day = 0; day < 5; ++day) learn_day(profile, day, 9, 1);
  learn_day(profile, 5, 1e6, 1);
  EXPECT_LT(profile.expected(kMidnight + 24h * 6 + 12h).value(), 15);
}

TEST(DailyProfile, many_values_of_one_slot_are_one_day) {
  DailyProfile profile;
  for (int day = 0; day < 3; ++day) learn_day(profile, day, 9, 1);
  for (int second = 0; second < 300; second += 10)
    profile.learn(kMidnight + 72h + 12h + std::chrono::seconds(second), 4, 5);
  profile.learn(kMidnight + 72h + 13h, 1, 5);
  const double expected = profile.expected(kMidnight + 96h + 12h).value();
  EXPECT_GT(expected, 6);
  EXPECT_LT(expected, 9);
}

}  // namespace foreshock::coordinator
