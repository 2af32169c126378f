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
  const RegimeChange change(values, 10);
  Quantiles near = kBand;
  Quantiles far = kBand;
  change.mix_into(near, 1);
  change.mix_into(far, 100);
  EXPECT_NEAR(near.front(), kBand.front(), 0.5);
  EXPECT_LT(far.front(), 20);
  EXPECT_EQ(far[3], 100);
  EXPECT_TRUE(std::is_sorted(far.begin(), far.end()));
}

TEST(RegimeChange, a_series_that_often_changes_may_soon_change_again) {
  std::vector<double> once(400, 100.0);
  std::fill_n(once.begin(), 40, 10.0);
  std::vector<double> often;
  for (int k = 0; k < 4; ++k) {
    often.insert(often.end(), 50, 10.0);
    often.insert(often.end(), 50, 100.0);
  }
  Quantiles after_once = kBand;
  Quantiles after_often = kBand;
  RegimeChange(once, 5).mix_into(after_once, 10);
  RegimeChange(often, 5).mix_into(after_often, 10);
  EXPECT_NEAR(after_once[1], kBand[1], 1);
  EXPECT_LT(after_often[1], 20);
}

TEST(CountShifts, sees_new_levels_and_no_pattern_of_days_or_weeks) {
  std::vector<double> weekly;
  for (int day = 0; day < 56; ++day) {
    for (int hour = 0; hour < 24; ++hour)
      weekly.push_back(day % 7 < 5 ? 50 + 10 * (hour % 12) : 20);
  }
  EXPECT_EQ(count_shifts(weekly, 24), 0U);
  std::vector<double> stepped(1000, 5.0);
  std::fill(stepped.begin() + 400, stepped.begin() + 700, 9.0);
  EXPECT_EQ(count_shifts(stepped, 24), 2U);
  EXPECT_EQ(count_shifts(std::vector<double>(1000, 5.0), 24), 0U);
  EXPECT_EQ(count_shifts(std::vector<double>(20, 5.0), 24), 0U) << "too short to tell";
}

TEST(HoldAbove, below_the_least_value_ever_only_what_falls_goes_on) {
  Quantiles high = kBand;
  hold_above(high, 93);
  EXPECT_GT(high.front(), 92.4);
  EXPECT_LT(high.front(), high[1]);
  EXPECT_LT(high[1], 93);
  EXPECT_EQ(high[2], kBand[2]);
  Quantiles falling = kBand;
  hold_above(falling, 101);
  EXPECT_EQ(falling, kBand);
}

}  // namespace
}  // namespace foreshock::coordinator
