#include "coordinator/forecast/widening.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr Quantiles kBand = {90, 92, 94, 100, 106, 108, 110};

TEST(WidenForFew, few_stretches_widen_more_and_the_median_stays) {
  Quantiles few = kBand;
  Quantiles many = kBand;
  widen_for_few(few, 4);
  widen_for_few(many, 400);
  EXPECT_EQ(few[3], 100);
  EXPECT_LT(few.front(), many.front());
  EXPECT_GT(few.back(), many.back());
  EXPECT_NEAR(many.back(), 110, 0.1);
}

TEST(RegimeChange, far_ahead_what_was_once_may_come_again) {
  std::vector<double> values(500, 100.0);
  std::fill(values.begin(), values.begin() + 250, 10.0);
  const RegimeChange change(values);
  Quantiles near = kBand;
  Quantiles far = kBand;
  change.mix_into(near, 1);
  change.mix_into(far, 100);
  EXPECT_NEAR(near.front(), kBand.front(), 0.5);
  EXPECT_LT(far.front(), 20);
  EXPECT_EQ(far[3], 100);
  EXPECT_TRUE(std::is_sorted(far.begin(), far.end()));
}

}  // namespace
}  // namespace foreshock::coordinator
