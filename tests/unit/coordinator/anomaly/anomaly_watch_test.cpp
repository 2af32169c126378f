#include "coordinator/anomaly/anomaly_watch.h"

#include <cmath>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kStart = WallTime(24h * 20000);
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};

Series quiet(std::size_t count, WallTime start = kStart) {
  Series series{.key = kShop, .start = start, .step = 1min, .values = {}};
  for (std::size_t i = 0; i < count; ++i)
    series.values.push_back(1 + .1 * std::sin(static_cast<double>(i)));
  return series;
}

}  // namespace

TEST(AnomalyWatch, learns_from_the_past_and_does_not_tell_it) {
  AnomalyWatch watch(10);
  Series past = quiet(600);
  past.values[500] = 50;
  EXPECT_TRUE(watch.watch(past).empty());
  EXPECT_EQ(watch.seen_until(kShop), past.end());
  Series next = quiet(10, past.end());
  next.values[5] = 50;
  EXPECT_TRUE(watch.watch(next).empty() || watch.watch(next).front().detector != "value")
      << "50 was seen before";
}

TEST(AnomalyWatch, tells_what_is_new_once_and_where) {
  AnomalyWatch watch(10);
  watch.watch(quiet(600));
  Series next = quiet(10, kStart + 600min);
  next.values[5] = 50;
  const auto told = watch.watch(next);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].key, kShop);
  EXPECT_EQ(told[0].time, kStart + 605min);
  EXPECT_EQ(told[0].value, 50);
  EXPECT_TRUE(told[0].is_confirmed()) << "the value and the course";
  EXPECT_TRUE(watch.watch(next).empty()) << "seen already";
}

TEST(AnomalyWatch, sees_what_is_shorter_than_a_step_by_its_peak) {
  AnomalyWatch watch(10);
  watch.watch(quiet(600), quiet(600));
  Series next = quiet(10, kStart + 600min);
  Series peaks = next;
  next.values[5] = 1.3;  // eight seconds of 3.25 in a minute of 1
  peaks.values[5] = 3.25;
  const auto told = watch.watch(next, peaks);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].is_confirmed()) << told[0].reason;
  EXPECT_NE(told[0].reason.find("a peak of 3.25"), std::string::npos) << told[0].reason;
}

TEST(AnomalyWatch, a_usual_peak_is_none) {
  AnomalyWatch watch(10);
  Series peaks = quiet(600);
  for (std::size_t i = 0; i < peaks.values.size(); i += 60) peaks.values[i] = 3.25;
  watch.watch(quiet(600), peaks);
  Series next = quiet(10, kStart + 600min);
  Series usual = next;
  usual.values[5] = 3.3;
  for (const auto& one : watch.watch(next, usual))
    EXPECT_EQ(one.reason.find("a peak of"), std::string::npos) << one.reason;
}

TEST(AnomalyWatch, asks_the_forecast_too) {
  AnomalyWatch watch(10);
  watch.watch(quiet(600));
  Forecast forecast;
  forecast.key = kShop;
  forecast.start = kStart + 600min;
  forecast.step = 1min;
  forecast.quantiles.assign(10, {.8, .85, .9, 1, 1.1, 1.15, 1.2});
  watch.expect(forecast);
  Series next = quiet(10, kStart + 600min);
  next.values[5] = 50;
  const auto told = watch.watch(next);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].agreeing, 3U);
  EXPECT_NE(told[0].reason.find("0.8 to 1.2 was forecast"), std::string::npos) << told[0].reason;
}

TEST(AnomalyWatch, is_bounded_and_forgets_what_is_gone) {
  AnomalyWatch watch(1);
  watch.watch(quiet(600));
  Series other = quiet(600);
  other.key.workload.cgroup = "/other";
  watch.watch(other);
  EXPECT_EQ(watch.watched(), 1U);
  EXPECT_FALSE(watch.seen_until(other.key));
  watch.forget_unseen(kStart + 48h);
  EXPECT_EQ(watch.watched(), 0U);
}

}  // namespace foreshock::coordinator
