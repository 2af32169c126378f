#include "coordinator/anomaly/value_memory.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kStart = WallTime(24h * 20000);

/// Median 0, deviation 1.
RobustScale unit_scale() {
  RobustScale scale;
  for (int i = 0; i < 16; ++i) scale.add(i % 2 == 0 ? -1 : 1);
  for (int i = 0; i < 16; ++i) scale.add(i % 4 == 0 ? -2 : i % 4 == 2 ? 2 : 0);
  return scale;
}

}  // namespace

TEST(ValueMemory, finds_nothing_new_before_it_knows_anything) {
  EXPECT_EQ(ValueMemory().novelty(5, unit_scale()).distance, 0);
}

TEST(ValueMemory, measures_to_the_nearest_and_says_on_which_side_of_all) {
  const RobustScale scale = unit_scale();
  ValueMemory memory;
  memory.remember(kStart, 1, scale);
  memory.remember(kStart, 3, scale);
  const auto above = memory.novelty(4, scale);
  EXPECT_EQ(above.nearest, 3);
  EXPECT_TRUE(above.is_above);
  EXPECT_NEAR(above.distance, scale.compress(4) - scale.compress(3), 1e-12);
  const auto below = memory.novelty(-4, scale);
  EXPECT_EQ(below.nearest, 1);
  EXPECT_TRUE(below.is_below);
  const auto between = memory.novelty(2.5, scale);
  EXPECT_EQ(between.nearest, 3);
  EXPECT_FALSE(between.is_above || between.is_below);
  EXPECT_EQ(memory.novelty(3, scale).distance, 0);
}

TEST(ValueMemory, forgets_the_longest_unseen_when_it_is_full) {
  const RobustScale scale = unit_scale();
  ValueMemory memory;
  memory.remember(kStart, -1000, scale);
  memory.remember(kStart, 1000, scale);
  double value = 1;
  for (std::size_t i = 0; i < 2 * ValueMemory::kMost; ++i) {
    value *= 1.008;
    if (value > 900) value = -value / 900;
    memory.remember(kStart + std::chrono::minutes(i), value + 1e-4 * static_cast<double>(i % 7),
                    scale);
    memory.remember(kStart + std::chrono::minutes(i), 1000, scale);
  }
  EXPECT_EQ(memory.novelty(1000, scale).distance, 0) << "seen all the time";
}

}  // namespace foreshock::coordinator
