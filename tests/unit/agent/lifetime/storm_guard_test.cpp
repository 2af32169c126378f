#include "agent/lifetime/storm_guard.h"

#include <chrono>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr StormGuard::Options kOptions{.per_second = 100, .burst = 1000, .max_workloads = 8};

class StormGuardTest : public testing::Test {
 protected:
  /// So many processes a second for so long; how many were withheld.
  std::uint64_t run(std::uint64_t cgroup, int per_second, int for_seconds) {
    const auto before = guard_.withheld();
    BootTime time = now_;
    for (int i = 0; i < per_second * for_seconds; ++i) {
      time += Nanoseconds(seconds(1)) / per_second;
      static_cast<void>(guard_.withhold(cgroup, time));
    }
    now_ = time;
    return guard_.withheld() - before;
  }

  StormGuard guard_{kOptions};
  BootTime now_{seconds(1000)};
};

TEST_F(StormGuardTest, tells_what_is_within_the_rate_for_ever) {
  EXPECT_EQ(run(7, 99, 100), 0U);
  EXPECT_TRUE(guard_.take(now_).empty());
}

TEST_F(StormGuardTest, tells_a_burst) {
  EXPECT_EQ(run(7, 1000, 1), 0U);
}

TEST_F(StormGuardTest, each_execution_is_either_told_or_counted) {
  // 1000 at once and 100 a second: the bucket is empty after 1000 / (600 - 100) = 2 s.
  const auto withheld = run(7, 600, 10);
  EXPECT_NEAR(static_cast<double>(withheld), 600 * 8, 10);
  const auto storms = guard_.take(now_);
  ASSERT_EQ(storms.size(), 1U);
  EXPECT_EQ(storms[0].cgroup_id, 7U);
  EXPECT_EQ(storms[0].withheld, withheld);
  EXPECT_FALSE(storms[0].ended);
  EXPECT_NEAR(std::chrono::duration<double>(now_ - storms[0].began).count(), 8, 0.1);
}

TEST_F(StormGuardTest, a_storm_lasts_as_long_as_its_rate_and_ends_once) {
  run(7, 600, 100);
  ASSERT_EQ(guard_.take(now_).size(), 1U);
  run(7, 1, 4);
  EXPECT_FALSE(guard_.take(now_).at(0).ended);
  run(7, 1, 2);
  EXPECT_EQ(guard_.take(now_).at(0).ended, now_) << "half full after 5 s";
  EXPECT_TRUE(guard_.take(now_).empty());
  EXPECT_EQ(run(7, 100, 1), 0U);
}

TEST_F(StormGuardTest, other_workloads_are_not_concerned) {
  run(7, 600, 10);
  EXPECT_EQ(run(8, 90, 10), 0U);
}

TEST_F(StormGuardTest, workloads_beyond_the_most_share_a_bucket) {
  for (std::uint64_t cgroup = 1; cgroup <= 8; ++cgroup) run(cgroup, 50, 1);
  std::uint64_t withheld = 0;
  for (std::uint64_t cgroup = 100; cgroup < 120; ++cgroup)
    for (int i = 0; i < 200; ++i) withheld += guard_.withhold(cgroup, now_) ? 1 : 0;
  EXPECT_GT(withheld, 0U);
  ASSERT_EQ(guard_.take(now_).size(), 1U);
  EXPECT_EQ(guard_.take(now_).at(0).cgroup_id, 0U);
}

TEST_F(StormGuardTest, calm_workloads_make_room_for_others) {
  for (std::uint64_t cgroup = 1; cgroup <= 8; ++cgroup) run(cgroup, 50, 1);
  now_ += seconds(60);
  run(100, 600, 10);
  ASSERT_EQ(guard_.take(now_).size(), 1U);
  EXPECT_EQ(guard_.take(now_).at(0).cgroup_id, 100U);
}

TEST_F(StormGuardTest, a_share_of_the_limits) {
  guard_.set_share(0.1);
  EXPECT_GT(run(7, 50, 10), 0U);
  guard_.set_share(0);
  EXPECT_TRUE(guard_.withhold(9, now_));
  guard_.set_share(1);
  EXPECT_FALSE(guard_.withhold(9, now_));
}

}  // namespace
}  // namespace foreshock::agent
