#include "coordinator/anomaly/verdict.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kStart = WallTime(24h * 20000);
constexpr std::size_t kDay = 288;
constexpr std::size_t kSettled = 2 * kDay;

using Shape = std::function<double(std::size_t, double)>;  // of the step and normal noise

struct Told {
  std::size_t step;
  Verdict verdict;
};

/// What is told of a series of 14 days in steps of five minutes, after two days.
std::vector<Told> watch(const Shape& shape) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise;
  SeriesWatch series;
  std::vector<Told> told;
  for (std::size_t step = 0; step < 14 * kDay; ++step) {
    Verdict verdict =
        series.observe(kStart + 5min * static_cast<int>(step), shape(step, noise(random)));
    if (step >= kSettled && verdict.score >= .5) told.push_back({step, std::move(verdict)});
  }
  return told;
}

double daily(std::size_t step) {
  return 50 + 30 * std::sin(2 * std::numbers::pi * static_cast<double>(step) / kDay);
}

bool tells_between(const std::vector<Told>& told, std::size_t begin, std::size_t end) {
  return std::ranges::any_of(told,
                             [&](const Told& one) { return one.step >= begin && one.step < end; });
}

}  // namespace

TEST(SeriesWatch, says_nothing_of_a_constant) {
  EXPECT_TRUE(watch([](std::size_t, double) { return 45; }).empty());
}

TEST(SeriesWatch, is_calm_where_nothing_happens) {
  EXPECT_LE(watch([](std::size_t, double noise) { return 10 + noise; }).size(), 6U);
  EXPECT_LE(watch([](std::size_t step, double noise) { return daily(step) + 2 * noise; }).size(),
            4U);
  EXPECT_LE(watch([](std::size_t, double noise) { return std::exp(noise); }).size(), 10U);
}

TEST(SeriesWatch, a_host_at_full_load_is_not_unusual_in_the_third_digit) {
  EXPECT_TRUE(watch([](std::size_t, double noise) { return 2 + .001 * noise; }).empty());
}

TEST(SeriesWatch, tells_a_shift_of_the_level_at_its_first_value) {
  const auto told =
      watch([](std::size_t step, double noise) { return 10 + noise + (step >= 3000 ? 6 : 0); });
  ASSERT_TRUE(tells_between(told, 3000, 3002));
  EXPECT_LE(told.size(), 6U) << "and not each of those that follow";
}

TEST(SeriesWatch, tells_a_spike_and_why) {
  const auto told = watch([](std::size_t step, double noise) {
    return step == 3000 ? 100 : daily(step) + 2 * noise + 10;
  });
  ASSERT_TRUE(tells_between(told, 3000, 3001));
  const auto spike = std::ranges::find(told, 3000U, &Told::step);
  EXPECT_FALSE(spike->verdict.reason.empty());
  EXPECT_FALSE(spike->verdict.detector.empty());
}

TEST(SeriesWatch, tells_the_half_of_a_day_that_is_missing) {
  const auto told = watch([](std::size_t step, double noise) {
    const bool is_missing = step >= 10 * kDay && step < 10 * kDay + kDay / 2;
    return (is_missing ? 30 : daily(step)) + 2 * noise;
  });
  EXPECT_TRUE(tells_between(told, 10 * kDay, 10 * kDay + kDay / 2));
}

TEST(SeriesWatch, tells_repeated_spikes_once) {
  const auto told = watch([](std::size_t step, double noise) {
    return step >= 3000 && step < 3060 && step % 5 == 0 ? 40 + .01 * noise : 10 + noise;
  });
  EXPECT_EQ(std::ranges::count_if(
                told, [](const Told& one) { return one.step >= 3000 && one.step < 3060; }),
            1);
}

TEST(SeriesWatch, a_gap_is_no_anomaly_and_teaches_nothing) {
  SeriesWatch gaps;
  SeriesWatch none;
  std::mt19937 random(7);
  std::normal_distribution<double> noise;
  for (int step = 0; step < 1000; ++step) {
    const WallTime time = kStart + 5min * step;
    const double value = noise(random);
    const Verdict gap = gaps.observe(time, std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(gap.score, 0);
    EXPECT_EQ(gaps.observe(time, value).score, none.observe(time, value).score);
  }
}

TEST(SeriesWatch, counts_the_detectors_that_agree) {
  struct Always final : Detector {
    explicit Always(double always) : level(always) {}
    std::string_view name() const override { return "always"; }
    Suspicion observe(WallTime, double) override { return {level, level >= .5 ? "so" : ""}; }
    double level;
  };
  std::vector<std::unique_ptr<Detector>> detectors;
  for (const double level : {.6, 3., .4}) detectors.push_back(std::make_unique<Always>(level));
  SeriesWatch series(std::move(detectors));
  for (int step = 0; step < 128; ++step) series.observe(kStart + 1min * step, 1);
  const Verdict verdict = series.observe(kStart + 129min, 1);
  EXPECT_EQ(verdict.level, 3);
  EXPECT_EQ(verdict.agreeing, 2U);
  EXPECT_EQ(verdict.reason, "so; so");
  EXPECT_FALSE(verdict.is_repetition) << "levels rose until the series had settled";
  EXPECT_TRUE(series.observe(kStart + 130min, 1).is_repetition);
}

}  // namespace foreshock::coordinator
