#include "coordinator/history/resample.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000;

StepGrid seconds_grid(std::size_t count, std::chrono::nanoseconds step = std::chrono::seconds(1)) {
  return {.start = wall_time_from_ms(kStartMs), .step = step, .count = count};
}

SamplePoint at(double seconds, std::int64_t value) {
  return {.time_ms = kStartMs + std::llround(seconds * 1000), .value = value};
}

TEST(ResampleCounter, gives_the_growth_per_second_of_each_step) {
  const std::vector points = {at(-1, 0), at(0, 100), at(1, 150), at(2, 250), at(3, 250)};
  EXPECT_EQ(resample_counter(points, seconds_grid(3), 2), (std::vector<double>{100, 200, 0}));
}

TEST(ResampleCounter, splits_growth_at_the_borders_of_steps) {
  const std::vector points = {at(-0.5, 0), at(0.5, 100), at(1.5, 300), at(2.5, 300)};
  const auto values = resample_counter(points, seconds_grid(2), 1);
  ASSERT_EQ(values.size(), 2U);
  EXPECT_NEAR(values[0], 150, 1e-6);
  EXPECT_NEAR(values[1], 100, 1e-6);
}

TEST(ResampleCounter, jitter_leaves_no_hole_and_moves_no_amount) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> jitter(-0.4, 0.4);
  std::vector<SamplePoint> points;
  for (int second = -2; second < 62; ++second) {
    const double time = second + jitter(random);
    points.push_back(at(time, std::llround((time + 10) * 1e9)));
  }
  for (const double value : resample_counter(points, seconds_grid(60), 1e-9))
    EXPECT_NEAR(value, 1.0, 1e-2);
}

TEST(ResampleCounter, a_missed_turn_is_bridged_and_an_outage_is_not) {
  std::vector<SamplePoint> points;
  for (const int second : {0, 1, 2, 3, 5, 6, 7, 8, 20, 21, 22})
    points.push_back(at(second, second * 10));
  const auto values = resample_counter(points, seconds_grid(22), 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i >= 8 && i < 20) {
      EXPECT_TRUE(std::isnan(values[i])) << i;
    } else {
      EXPECT_NEAR(values[i], 10, 1e-9) << i;
    }
  }
}

TEST(ResampleCounter, a_decrease_begins_anew_at_zero) {
  const std::vector points = {at(0, 1000), at(1, 1010), at(2, 4), at(3, 10)};
  EXPECT_EQ(resample_counter(points, seconds_grid(3), 1), (std::vector<double>{10, 4, 6}));
}

TEST(ResampleCounter, a_step_that_is_less_than_half_known_is_unknown) {
  const std::vector points = {at(0, 0), at(0.5, 5), at(1, 10), at(1.4, 14)};
  const auto values = resample_counter(points, seconds_grid(2), 1);
  EXPECT_NEAR(values[0], 10, 1e-9);
  EXPECT_TRUE(std::isnan(values[1]));
}

TEST(ResampleCounter, steps_shorter_and_longer_than_the_samples_distance_add_up) {
  const std::vector points = {at(0, 0), at(10, 100), at(20, 400), at(30, 400)};
  using std::chrono::milliseconds;
  EXPECT_EQ(resample_counter(points, seconds_grid(3, milliseconds(10'000)), 1),
            (std::vector<double>{10, 30, 0}));
  EXPECT_NEAR(resample_counter(points, seconds_grid(1, milliseconds(30'000)), 1)[0], 400.0 / 30,
              1e-9);
  const auto fine = resample_counter(points, seconds_grid(120, milliseconds(250)), 1);
  EXPECT_NEAR(fine[0], 10, 1e-9);
  EXPECT_NEAR(fine[79], 30, 1e-9);
  EXPECT_NEAR(fine[119], 0, 1e-9);
}

TEST(ResampleCounter, nothing_known_is_nan_not_zero) {
  for (const std::vector<SamplePoint>& points : {std::vector<SamplePoint>{}, {at(0.5, 7)}}) {
    const auto values = resample_counter(points, seconds_grid(2), 1);
    EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[1]));
  }
  EXPECT_TRUE(resample_counter({}, seconds_grid(0), 1).empty());
}

TEST(ResampleGauge, gives_the_mean_of_the_samples_in_a_step) {
  const std::vector points = {at(0.1, 10), at(0.6, 20), at(1.2, 6)};
  EXPECT_EQ(resample_gauge(points, seconds_grid(2), 0.5), (std::vector<double>{7.5, 3}));
}

TEST(ResampleGauge, a_step_between_neighbours_lies_on_their_line) {
  const std::vector points = {at(0.5, 10), at(1.5, 10), at(2.9, 10), at(4.1, 22), at(5.1, 10)};
  const auto values = resample_gauge(points, seconds_grid(5), 1);
  EXPECT_NEAR(values[3], 16, 1e-9);
}

TEST(ResampleGauge, an_outage_and_what_lies_outside_are_unknown) {
  const std::vector points = {at(1.5, 1), at(2.5, 1), at(3.5, 1), at(9.5, 1)};
  const auto values = resample_gauge(points, seconds_grid(12), 1);
  for (const std::size_t i : {0, 4, 8, 10, 11}) EXPECT_TRUE(std::isnan(values[i])) << i;
  for (const std::size_t i : {1, 2, 3, 9}) EXPECT_EQ(values[i], 1) << i;
}

TEST(LongestGap, is_three_times_the_usual_distance_but_bounded) {
  EXPECT_EQ(longest_gap(std::vector{at(0, 0), at(1, 0), at(2, 0), at(60, 0)}),
            std::chrono::seconds(3));
  EXPECT_EQ(longest_gap(std::vector{at(0, 0), at(3600, 0)}), kLongestGap);
  EXPECT_EQ(longest_gap({}), std::chrono::seconds(0));
}

}  // namespace
}  // namespace foreshock::coordinator
