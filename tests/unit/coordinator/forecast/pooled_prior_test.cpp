#include "coordinator/forecast/pooled_prior.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = wall_time_from_ms(1'700'006'400'000);

Series flat(double value, std::size_t count) {
  return {{}, kStart, 10s, std::vector<double>(count, value)};
}

TEST(PooledPrior, says_what_similar_series_do) {
  const Series two = flat(2, 100), four = flat(4, 10);
  const auto prior = pooled_prior(flat(0, 0), {&two, &four}, 6);
  ASSERT_TRUE(prior);
  ASSERT_EQ(prior->quantiles.size(), 6U);
  EXPECT_EQ(prior->model, "pooled prior");
  for (const Quantiles& quantiles : prior->quantiles) {
    EXPECT_LE(quantiles.front(), 2);
    EXPECT_GE(quantiles.back(), 4) << "each counts the same, however long it is";
    EXPECT_TRUE(std::ranges::is_sorted(quantiles));
  }
}

TEST(PooledPrior, comes_to_its_own_level_with_its_own_values) {
  const Series two = flat(2, 100), four = flat(4, 100);
  const auto none = pooled_prior(flat(20, 0), {&two, &four}, 1);
  const auto few = pooled_prior(flat(20, 10), {&two, &four}, 1);
  const auto enough = pooled_prior(flat(20, 30), {&two, &four}, 1);
  ASSERT_TRUE(none && few && enough);
  EXPECT_LE(none->quantiles[0][3], 4);
  EXPECT_GT(few->quantiles[0][3], none->quantiles[0][3]);
  EXPECT_LT(few->quantiles[0][3], 20);
  EXPECT_DOUBLE_EQ(enough->quantiles[0][3], 20);
}

TEST(PooledPrior, is_absent_where_nothing_is_similar) {
  const Series unknown = flat(std::nan(""), 10);
  EXPECT_FALSE(pooled_prior(flat(1, 5), {}, 6));
  EXPECT_FALSE(pooled_prior(flat(1, 5), {&unknown}, 6));
}

}  // namespace
}  // namespace foreshock::coordinator
