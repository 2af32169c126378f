#include "coordinator/anomaly/shape_memory.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kStart = WallTime(24h * 20000);

RobustScale unit_scale() {
  RobustScale scale;
  for (int i = 0; i < 32; ++i) scale.add(i % 2 == 0 ? -1 : 1);
  return scale;
}

}  // namespace

TEST(ShapeMemory, values_seen_alone_are_new_in_another_order) {
  const RobustScale scale = unit_scale();
  ShapeMemory memory;
  memory.remember(kStart, {0, 0, 10, 10}, scale);
  memory.remember(kStart, {10, 10, 0, 0}, scale);
  EXPECT_EQ(memory.novelty({0, 0, 10, 10}, scale), 0);
  EXPECT_GT(memory.novelty({0, 10, 0, 10}, scale), 1);
}

TEST(ShapeMemory, forgets_the_longest_unseen_when_it_is_full) {
  const RobustScale scale = unit_scale();
  ShapeMemory memory;
  const ShapeMemory::Shape kept = {-900, 900, -900, 900};

  for (std::size_t i = 0; i < ShapeMemory::kMost; ++i) {
    const auto first = static_cast<float>(i % 40) * 2;
    const auto second = static_cast<float>(i / 40) * 2;
    memory.remember(kStart + 1min, {first * first, first, second, second * second}, scale);
    memory.remember(kStart + 2min, kept, scale);
  }
  EXPECT_EQ(memory.novelty(kept, scale), 0);
}

TEST(ShapeMemory, compares_on_the_scale_of_today) {
  ShapeMemory memory;
  memory.remember(kStart, {0, 0, 5, 0}, unit_scale());
  RobustScale wide;
  for (int i = 0; i < 32; ++i) wide.add(i % 2 == 0 ? -100 : 100);
  EXPECT_LT(memory.novelty({0, 0, 0, 0}, wide), .1);
}

}  // namespace foreshock::coordinator
