#include "coordinator/forest/quantile_forest.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

struct Sample {
  std::vector<double> rows;
  std::vector<double> values;
};

/// value = 3 × first feature + noise whose spread is the second; the third says nothing.
Sample draw(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal;
  Sample sample;
  for (std::size_t i = 0; i < count; ++i) {
    const double a = uniform(random);
    const double b = uniform(random);
    sample.rows.insert(sample.rows.end(), {a, b, uniform(random)});
    sample.values.push_back(3 * a + b * normal(random));
  }
  return sample;
}

class EitherKind : public ::testing::TestWithParam<QuantileForest::Kind> {};
INSTANTIATE_TEST_SUITE_P(QuantileForest, EitherKind,
                         ::testing::Values(QuantileForest::Kind::bagged,
                                           QuantileForest::Kind::extra));

TEST_P(EitherKind, its_ninety_percent_interval_covers_ninety_percent) {
  const auto known = draw(1000, 1);
  const auto forest =
      QuantileForest::fit(known.rows, 3, known.values, {.kind = GetParam(), .min_leaf = 8});
  const auto asked = draw(1000, 2);
  double covered = 0;
  double error = 0;
  for (std::size_t i = 0; i < asked.values.size(); ++i) {
    const auto row = std::span(asked.rows).subspan(3 * i, 3);
    const auto quantiles = forest.predict(row);
    if (asked.values[i] >= quantiles[1] && asked.values[i] <= quantiles[5]) ++covered;
    error += std::abs(forest.mean(row) - 3 * row[0]) / 1000;
  }
  EXPECT_NEAR(covered / 1000, 0.9, 0.05);
  EXPECT_LT(error, 0.2);
}

TEST(QuantileForest, tells_which_feature_moved_a_prediction) {
  const auto known = draw(600, 3);
  const auto forest = QuantileForest::fit(known.rows, 3, known.values, {});
  const auto contributions = forest.contributions(std::vector{0.95, 0.5, 0.5});
  EXPECT_GT(contributions[0], 0.8);
  EXPECT_LT(std::abs(contributions[2]), 0.3);
}

TEST(QuantileForest, quantiles_are_ordered_also_where_features_are_missing) {
  const auto known = draw(200, 4);
  const auto forest = QuantileForest::fit(known.rows, 3, known.values, {});
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto quantiles = forest.predict(std::vector{missing, missing, missing});
  for (std::size_t i = 1; i < quantiles.size(); ++i) EXPECT_LE(quantiles[i - 1], quantiles[i]);
}

TEST(QuantileForest, one_value_is_predicted_as_it_is) {
  const auto forest = QuantileForest::fit(std::vector{1.0}, 1, std::vector{7.0}, {});
  EXPECT_EQ(forest.predict(std::vector{5.0})[3], 7.0);
}

}  // namespace
}  // namespace foreshock::coordinator
