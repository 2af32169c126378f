#include "common/base/clock_watch.h"

#include <gtest/gtest.h>

namespace foreshock {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BootTime kBoot{hours(1)};
constexpr WallTime kWall{hours(24 * 20'000)};

TEST(ClockWatch, is_silent_while_both_clocks_go_alike) {
  ClockWatch watch(seconds(1));
  EXPECT_FALSE(watch.look(kBoot, kWall));
  EXPECT_FALSE(watch.look(kBoot + seconds(1), kWall + seconds(1)));
  EXPECT_FALSE(watch.look(kBoot + seconds(2), kWall + milliseconds(2001)));
}

TEST(ClockWatch, sees_the_wall_clock_set_forward_and_back) {
  ClockWatch watch(seconds(1));
  watch.look(kBoot, kWall);
  const auto forward = watch.look(kBoot + seconds(1), kWall + seconds(3601));
  ASSERT_TRUE(forward);
  EXPECT_EQ(forward->wall_jump, hours(1));
  EXPECT_EQ(forward->stood_still, seconds(0));
  const auto back = watch.look(kBoot + seconds(2), kWall + seconds(2));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->wall_jump, -hours(1));
}

TEST(ClockWatch, sees_that_the_host_was_suspended) {
  ClockWatch watch(seconds(1));
  watch.look(kBoot, kWall);
  const auto change = watch.look(kBoot + seconds(601), kWall + seconds(601));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->stood_still, seconds(600));
  EXPECT_EQ(change->wall_jump, seconds(0));
}

}  // namespace
}  // namespace foreshock
