#include "coordinator/forecast/aggregation.h"

#include <numeric>

#include <gtest/gtest.h>

#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

/// Members that are off by so much, each with noise of its own.
Cases cases_of(const std::vector<double>& offsets, double deviation) {
  Cases cases;
  cases.came = noise(400, 10, 2, 1);
  cases.weight.assign(400, 1.0);
  for (std::size_t m = 0; m < offsets.size(); ++m) {
    auto said = noise(400, offsets[m], deviation, 2 + m);
    for (std::size_t i = 0; i < said.size(); ++i) said[i] += cases.came[i];
    cases.said.push_back(std::move(said));
  }
  return cases;
}

TEST(Aggregation, shares_are_not_negative_and_together_one) {
  const auto shares = aggregate(cases_of({0, 1, -3}, 1), 0.9, {.5, .25, .25}, 0.02);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-9);
  for (const double share : shares) EXPECT_GE(share, 0);
}

TEST(Aggregation, the_member_that_is_right_gets_nearly_all) {
  EXPECT_GT(aggregate(cases_of({5, 0, 5}, 0.1), 0.5, {1. / 3, 1. / 3, 1. / 3}, 0.02)[1], 0.9);
}

TEST(Aggregation, members_that_err_to_both_sides_are_mixed) {
  const auto shares = aggregate(cases_of({2, -2}, 0.1), 0.5, {.5, .5}, 0.02);
  EXPECT_NEAR(shares[0], 0.5, 0.1);
}

TEST(Aggregation, a_high_level_wants_a_high_member) {
  EXPECT_GT(aggregate(cases_of({0, 3}, 0.5), 0.9, {.5, .5}, 0.02)[1],
            aggregate(cases_of({0, 3}, 0.5), 0.5, {.5, .5}, 0.02)[1]);
}

TEST(Aggregation, who_has_no_share_before_gets_none) {
  EXPECT_EQ(aggregate(cases_of({5, 0}, 0.1), 0.5, {1, 0}, 0.02)[1], 0);
}

TEST(Aggregation, few_cases_leave_the_prior) {
  Cases few = cases_of({5, 0}, 0.1);
  few.came.resize(10);
  EXPECT_EQ(aggregate(few, 0.5, {.3, .7}, 0.02), (std::vector<double>{.3, .7}));
}

}  // namespace
}  // namespace foreshock::coordinator
