#include "coordinator/forecast/trend_shapes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr std::size_t kDay = 24;

double wave(std::size_t t) {
  return 5 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / kDay);
}

Window make_window_of(std::size_t days) {
  Window window;
  window.values.resize(days * kDay);
  window.day = window.unit = kDay;
  window.week = 7 * kDay;
  window.noise = 1;
  return window;
}

/// What a shape says of the day after `days` days of these values, hour by hour.
std::vector<double> say(const std::string& name, std::size_t days,
                        const std::function<double(std::size_t)>& value_of) {
  const Window window = make_window_of(days);
  auto shapes = make_trend_shapes(window);
  const auto found =
      std::ranges::find_if(shapes, [&](const auto& shape) { return shape->name() == name; });
  if (found == shapes.end()) return {};
  const std::size_t origin = window.size();
  for (std::size_t t = 0; t < origin; ++t) (*found)->add(t, value_of(t));
  std::vector<double> said;
  for (std::size_t t = origin; t < origin + kDay; ++t) said.push_back((*found)->at(origin, t));
  return said;
}

class TrendShapes : public testing::TestWithParam<const char*> {};

TEST_P(TrendShapes, go_on_with_the_day) {
  const auto said = say(GetParam(), 20, [](std::size_t t) { return 50 + wave(t); });
  ASSERT_EQ(said.size(), kDay);
  for (std::size_t h = 0; h < kDay; ++h) EXPECT_NEAR(said[h], 50 + wave(h), 0.75) << h;
}

TEST_P(TrendShapes, follow_a_level_that_has_changed) {
  const auto said =
      say(GetParam(), 30, [](std::size_t t) { return (t < 10 * kDay ? 20 : 60) + wave(t); });
  ASSERT_EQ(said.size(), kDay);
  for (std::size_t h = 0; h < kDay; ++h) EXPECT_NEAR(said[h], 60 + wave(h), 15) << h;
}

INSTANTIATE_TEST_SUITE_P(All, TrendShapes, testing::Values("damped trend", "theta", "harmonics"));

TEST(TrendShapes, a_steady_rise_goes_on_half_as_fast_with_theta_and_fades_when_damped) {
  const auto rising = [](std::size_t t) { return static_cast<double>(t); };
  const auto theta = say("theta", 20, rising);
  ASSERT_EQ(theta.size(), kDay);
  EXPECT_NEAR(theta.back() - theta.front(), 23 * 0.5, 4);
  const auto damped = say("damped trend", 20, rising);
  EXPECT_GT(damped[6] - damped[0], damped[23] - damped[17]);
  const auto line = say("harmonics", 20, rising);
  EXPECT_NEAR(line.front(), 20 * kDay, 20);
}

TEST(TrendShapes, need_a_day) {
  Window window = make_window_of(20);
  window.day = 0;
  EXPECT_TRUE(make_trend_shapes(window).empty());
}

}  // namespace
}  // namespace foreshock::coordinator
