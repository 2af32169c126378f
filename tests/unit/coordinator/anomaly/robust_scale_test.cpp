#include "coordinator/anomaly/robust_scale.h"

#include <cmath>

#include <gtest/gtest.h>

namespace foreshock::coordinator {

TEST(RobustScale, knows_nothing_before_sixteen_values) {
  RobustScale scale;
  for (int i = 0; i < 15; ++i) scale.add(i);
  EXPECT_FALSE(scale.is_known());
  scale.add(15);
  EXPECT_TRUE(scale.is_known());
  EXPECT_EQ(scale.median(), 8);
  EXPECT_EQ(scale.deviation(), 4);
}

TEST(RobustScale, one_wild_value_moves_the_median_little) {
  RobustScale scale;
  for (int i = 0; i < 15; ++i) scale.add(10 + i % 3);
  scale.add(1e6);
  EXPECT_NEAR(scale.median(), 11, 1);
}

TEST(RobustScale, a_tenth_more_means_the_same_near_and_far) {
  RobustScale scale;
  for (int i = 0; i < 16; ++i) scale.add(i % 2 == 0 ? -1 : 1);
  const double near = scale.compress(110) - scale.compress(100);
  const double far = scale.compress(110e6) - scale.compress(100e6);
  EXPECT_NEAR(near, std::log(1.1), 1e-3);
  EXPECT_NEAR(far, std::log(1.1), 1e-6);
}

TEST(RobustScale, a_constant_has_a_deviation_that_can_be_divided_by) {
  RobustScale scale;
  for (int i = 0; i < 16; ++i) scale.add(0);
  EXPECT_GT(scale.deviation(), 0);
  EXPECT_EQ(scale.compress(0), 0);
}

TEST(RobustScale, follows_after_the_values_it_remembers_are_gone) {
  RobustScale scale;
  for (std::size_t i = 0; i < RobustScale::kMost; ++i) scale.add(1);
  for (std::size_t i = 0; i < RobustScale::kMost; ++i) scale.add(7);
  EXPECT_EQ(scale.median(), 7);
}

}  // namespace foreshock::coordinator
