#include "coordinator/forecast/point_model.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/forecast/made_series.h"

namespace foreshock::coordinator {
namespace {

using test::make_values;
using test::wave;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

TEST(SeasonalNaive, repeats_the_season) {
  const std::vector<double> values = {1, 2, 3, 4, 1, 2, 3, 4};
  EXPECT_EQ(SeasonalNaive().predict(values, 4, 6), (std::vector<double>{1, 2, 3, 4, 1, 2}));
}

TEST(SeasonalNaive, looks_further_back_over_a_gap) {
  const std::vector<double> values = {1, 2, 3, 4, 1, kGap, 3, 4};
  EXPECT_EQ(SeasonalNaive().predict(values, 4, 2), (std::vector<double>{1, 2}));
}

TEST(SeasonalNaive, without_a_season_takes_the_recent_level) {
  const std::vector<double> values = {9, 9, 1, 1, 50, 1, 1, kGap};
  EXPECT_EQ(SeasonalNaive().predict(values, 0, 2), (std::vector<double>{1, 1}));
}

TEST(DampedHoltWinters, follows_a_trend_for_a_while) {
  const auto values = make_values(200, 0, [](std::size_t i) { return static_cast<double>(i); });
  const auto ahead = DampedHoltWinters().predict(values, 0, 10);
  EXPECT_NEAR(ahead[0], 200, 1.5);
  EXPECT_GT(ahead[9], ahead[0]);
  EXPECT_LT(ahead[9], 211);
}

TEST(DampedHoltWinters, carries_the_season_on) {
  const auto values = make_values(240, 0.05, [](std::size_t i) { return 10 + 3 * wave(i, 24); });
  const auto ahead = DampedHoltWinters().predict(values, 24, 24);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_NEAR(ahead[i], 10 + 3 * wave(240 + i, 24), 0.5) << i;
}

TEST(DampedHoltWinters, bridges_gaps) {
  auto values = make_values(100, 0.01, [](std::size_t) { return 5.0; });
  for (std::size_t i = 60; i < 80; ++i) values[i] = kGap;
  EXPECT_NEAR(DampedHoltWinters().predict(values, 0, 1)[0], 5, 0.1);
}

TEST(DampedHoltWinters, a_long_history_with_a_season_keeps_its_phase) {
  const auto values = make_values(10'000, 0.05, [](std::size_t i) { return 10 + 3 * wave(i, 24); });
  const auto ahead = DampedHoltWinters().predict(values, 24, 24);
  for (std::size_t i = 0; i < 24; ++i)
    EXPECT_NEAR(ahead[i], 10 + 3 * wave(10'000 + i, 24), 0.5) << i;
}

}  // namespace
}  // namespace foreshock::coordinator
