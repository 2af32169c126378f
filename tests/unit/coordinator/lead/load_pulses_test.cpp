#include "coordinator/lead/load_pulses.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Series cpu(std::vector<double> values) {
  return {.key = {.workload = {.host = 1, .cgroup = "/w"}, .quantity = Quantity::cpu_usage},
          .start = wall_time_from_ms(0),
          .step = std::chrono::seconds(1),
          .values = std::move(values)};
}

TEST(FindPulses, gives_onset_end_and_height) {
  const auto pulses = find_pulses(cpu({0, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
  ASSERT_EQ(pulses.size(), 1u);
  EXPECT_NEAR(pulses[0].onset_s, 4, 0.01);
  ASSERT_TRUE(pulses[0].end_s);
  EXPECT_NEAR(*pulses[0].end_s, 7, 0.01);
  EXPECT_NEAR(pulses[0].height, 1, 0.01);
}

TEST(FindPulses, a_partly_filled_step_tells_when_in_it_the_load_began) {
  const auto pulses = find_pulses(cpu({0, 0, 0, 0, 0.3, 1, 1, 1, 0.2, 0, 0}));
  ASSERT_EQ(pulses.size(), 1u);
  EXPECT_NEAR(pulses[0].onset_s, 4.7, 0.01);
  EXPECT_NEAR(*pulses[0].end_s, 8.2, 0.05);
}

TEST(FindPulses, high_and_flat_topped_loads_are_found_in_one_series) {
  std::vector<double> values(100, 0.01);
  for (const std::size_t at : {20u, 40u}) std::fill_n(values.begin() + at, 5, 0.3);
  for (const std::size_t at : {60u, 80u}) std::fill_n(values.begin() + at, 3, 1.9);
  const auto pulses = find_pulses(cpu(values));
  ASSERT_EQ(pulses.size(), 4u);
  EXPECT_NEAR(pulses[0].height, 0.29, 0.01);
  EXPECT_NEAR(pulses[3].height, 1.89, 0.01);
}

TEST(FindPulses, a_slow_rise_is_no_onset) {
  std::vector<double> values;
  for (int i = 0; i < 600; ++i) values.push_back(0.002 * i);
  EXPECT_TRUE(find_pulses(cpu(values)).empty());
}

TEST(FindPulses, noise_is_no_load) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> noise(1.0, 0.1);
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) values.push_back(noise(engine));
  EXPECT_LE(find_pulses(cpu(values)).size(), 10u);
}

TEST(FindPulses, a_load_on_top_of_a_running_one_has_its_own_onset) {
  const auto pulses = find_pulses(cpu({0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 0, 0, 0}));
  ASSERT_EQ(pulses.size(), 2u);
  EXPECT_NEAR(pulses[0].onset_s, 3, 0.01);
  EXPECT_NEAR(*pulses[0].end_s, 14, 0.01);
  EXPECT_NEAR(pulses[1].onset_s, 8, 0.01);
  EXPECT_NEAR(pulses[1].height, 1, 0.01);
  EXPECT_NEAR(*pulses[1].end_s, 11, 0.01);
}

TEST(FindPulses, a_gap_ends_what_is_known_of_a_load_and_is_no_onset) {
  const auto pulses = find_pulses(cpu({0, 0, 0, 1, 1, kNaN, kNaN, 1, 1, 1, 0, 0}));
  ASSERT_EQ(pulses.size(), 1u);
  EXPECT_NEAR(pulses[0].onset_s, 3, 0.01);
  EXPECT_FALSE(pulses[0].end_s);
  EXPECT_NEAR(pulses[0].height, 1, 0.01);
}

TEST(FindPulses, nothing_is_found_in_nothing) {
  EXPECT_TRUE(find_pulses(cpu({})).empty());
  EXPECT_TRUE(find_pulses(cpu({1})).empty());
  EXPECT_TRUE(find_pulses(cpu(std::vector<double>(50, kNaN))).empty());
  EXPECT_TRUE(find_pulses(cpu(std::vector<double>(50, 7))).empty());
}

TEST(BaseLine, follows_the_level_and_ignores_the_load) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(0.01 * i + (i % 15 < 5 ? 2 : 0));
  const auto line = base_line(cpu(values), 60);
  ASSERT_EQ(line.size(), values.size());
  for (std::size_t i = 40; i < 360; ++i)
    EXPECT_NEAR(line[i], 0.01 * static_cast<double>(i), 0.35) << i;
}

TEST(BaseLine, is_zero_where_nothing_is_known) {
  EXPECT_EQ(base_line(cpu({kNaN, kNaN, kNaN}), 10), std::vector<double>(3, 0.0));
  EXPECT_TRUE(base_line(cpu({}), 10).empty());
}

}  // namespace
}  // namespace foreshock::coordinator
