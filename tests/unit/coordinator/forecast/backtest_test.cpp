#include "coordinator/forecast/backtest.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/forecast/made_series.h"

namespace foreshock::coordinator {
namespace {

/// Answers with the number of values it was shown: a look past the origin would show.
class CountsWhatItSees final : public PointModel {
 public:
  std::string name() const override { return "counts"; }
  std::vector<double> predict(const std::vector<double>& values, std::size_t,
                              std::size_t points) const override {
    std::vector<double> ahead;
    for (std::size_t i = 0; i < points; ++i)
      ahead.push_back(static_cast<double>(values.size() + i));
    return ahead;
  }
};

TEST(Backtest, never_looks_past_the_origin) {
  const auto values =
      test::make_values(100, 0, [](std::size_t i) { return static_cast<double>(i); });
  const auto errors = backtest(CountsWhatItSees(), values, 0, 8, 10);
  EXPECT_GT(errors.points, 50u);
  for (const auto& bucket : errors.by_bucket) {
    for (const double error : bucket) EXPECT_EQ(error, 0);
  }
}

TEST(Backtest, buckets_by_distance) {
  EXPECT_EQ(bucket_of(1), 0u);
  EXPECT_EQ(bucket_of(2), 1u);
  EXPECT_EQ(bucket_of(3), 1u);
  EXPECT_EQ(bucket_of(4), 2u);
  EXPECT_EQ(bucket_of(64), 6u);
}

TEST(Backtest, an_untried_distance_takes_the_nearest_shorter) {
  BacktestErrors errors;
  errors.by_bucket = {{1}, {2, 3}, {}};
  EXPECT_EQ(errors.at_distance(1), (std::vector<double>{1}));
  EXPECT_EQ(errors.at_distance(5), (std::vector<double>{2, 3}));
  EXPECT_EQ(errors.at_distance(500), (std::vector<double>{2, 3}));
}

TEST(Backtest, quantiles_of_errors_are_ordered_and_cautious) {
  std::vector<double> errors;
  for (int i = 1; i <= 99; ++i) errors.push_back(i);
  const auto offsets = error_quantiles(errors);
  EXPECT_EQ(offsets[3], 50);
  EXPECT_EQ(offsets[2], 10);
  EXPECT_EQ(offsets[4], 90);
  EXPECT_EQ(error_quantiles({5, 6})[6], 6);
  EXPECT_EQ(error_quantiles({})[6], 0);
}

TEST(Backtest, smaller_errors_have_a_smaller_loss) {
  BacktestErrors small;
  small.by_bucket = {{-1, -0.5, 0, 0.5, 1}};
  BacktestErrors large;
  large.by_bucket = {{-2, -1, 0, 1, 2}};
  EXPECT_LT(mean_pinball(small), mean_pinball(large));
}

}  // namespace
}  // namespace foreshock::coordinator
