#include "coordinator/forecast/outlook.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

TEST(Outlook, the_further_ahead_the_wider_the_steps_and_the_further_back) {
  const auto hours = plan_outlook(2h, std::nullopt);
  ASSERT_TRUE(hours);
  EXPECT_EQ(hours->step, 1min);
  EXPECT_EQ(hours->points, 120U);
  EXPECT_GE(hours->history, 48h) << "what the same time of yesterday was";
  const auto day = plan_outlook(24h, std::nullopt);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->step, 5min);
  EXPECT_EQ(day->points, 288U);
  EXPECT_EQ(day->history, days(14));
  const auto week = plan_outlook(days(7), std::nullopt);
  ASSERT_TRUE(week);
  EXPECT_EQ(week->step, 1h);
  EXPECT_EQ(week->points, 168U);
  EXPECT_EQ(week->history, days(28));
}

TEST(Outlook, a_step_that_is_given_counts) {
  const auto outlook = plan_outlook(24h, 30min);
  ASSERT_TRUE(outlook);
  EXPECT_EQ(outlook->step, 30min);
  EXPECT_EQ(outlook->points, 48U);
  EXPECT_EQ(plan_outlook(10s, 1s)->history, days(1)) << "a day at least";
}

TEST(Outlook, what_cannot_be_is_refused) {
  for (const auto& [horizon, step] :
       std::vector<std::pair<std::chrono::nanoseconds, std::optional<std::chrono::nanoseconds>>>{
           {0s, std::nullopt},
           {30s, std::nullopt},
           {days(15), std::nullopt},
           {24h, 10s},
           {1h, 2h},
           {24h, 0s},
           {24h, -5min},
           {days(14), days(2)}}) {
    const auto outlook = plan_outlook(horizon, step);
    ASSERT_FALSE(outlook) << horizon.count();
    EXPECT_EQ(outlook.error().code(), ErrorCode::invalid_argument);
  }
  EXPECT_EQ(plan_outlook(days(15), std::nullopt).error().message(),
            "horizon 15 d: expected 1 to 2000 steps of 60 min, and 14 d at the most");
}

}  // namespace
}  // namespace foreshock::coordinator
