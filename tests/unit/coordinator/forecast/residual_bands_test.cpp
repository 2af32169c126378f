#include "coordinator/forecast/residual_bands.h"

#include <cmath>

#include <gtest/gtest.h>

#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

PathFrom constant(double value) {
  return [value](std::size_t, std::size_t points) { return std::vector<double>(points, value); };
}

TEST(ResidualBands, are_as_wide_as_the_errors_were) {
  const auto bands = residual_bands(noise(3000, 5, 1, 1), 1000, 60, constant(5));
  ASSERT_EQ(bands.size(), 60u);
  for (const std::size_t h : {5u, 30u, 59u}) {
    EXPECT_NEAR(bands[h][2], -1.28, 0.35) << h;
    EXPECT_NEAR(bands[h][3], 0, 0.2) << h;
    EXPECT_NEAR(bands[h][4], 1.28, 0.35) << h;
  }
}

TEST(ResidualBands, tell_a_model_that_is_always_too_low) {
  const auto bands = residual_bands(noise(3000, 5, 0.1, 2), 1000, 10, constant(4));
  EXPECT_NEAR(bands[5][3], 1, 0.1);
}

TEST(ResidualBands, grow_with_the_square_root_beyond_what_was_seen) {
  const auto bands = residual_bands(noise(30, 5, 1, 3), 10, 90, constant(5));
  EXPECT_NEAR(bands[89][4], 3 * bands[9][4], 1e-9);
  EXPECT_GT(bands[9][4], 0.3);
}

TEST(ResidualBands, a_perfect_model_has_none) {
  const auto bands = residual_bands(std::vector<double>(100, 5.0), 30, 10, constant(5));
  for (const Quantiles& band : bands) EXPECT_EQ(band, Quantiles{});
  EXPECT_TRUE(residual_bands(std::vector<double>(100, 5.0), 30, 0, constant(5)).empty());
}

}  // namespace
}  // namespace foreshock::coordinator
