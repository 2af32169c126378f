#include "coordinator/forecast/known_values.h"

#include <limits>

#include <gtest/gtest.h>

#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(KnownValues, too_few_are_named_with_the_time_when_there_will_be_enough) {
  Series history = series_of(std::vector<double>(40, kNaN));
  for (std::size_t i = 0; i < 12; ++i) history.values[i] = 1;
  const auto reason = why_not_yet(history);
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->reason, "12 of 30 values known");
  EXPECT_EQ(reason->ready_at, history.end() + std::chrono::seconds(18));
}

TEST(KnownValues, thirty_are_enough) {
  EXPECT_FALSE(why_not_yet(series_of(std::vector<double>(30, 1))));
  EXPECT_TRUE(why_not_yet(series_of(std::vector<double>(29, 1))));
  EXPECT_TRUE(why_not_yet(series_of({})));
}

TEST(KnownValues, a_short_history_is_told_unless_something_else_was) {
  Series history{{}, WallTime(), std::chrono::hours(1), {kNaN, 1, 2, 3}};
  Forecast forecast;
  caution_short_history(history, std::chrono::hours(3), forecast);
  EXPECT_EQ(forecast.caution, "");
  caution_short_history(history, std::chrono::hours(10), forecast);
  EXPECT_EQ(forecast.caution, "3.0 h of 10 h of history");
  EXPECT_EQ(forecast.ready_at, WallTime(std::chrono::hours(11)));
  forecast.caution = "few";
  caution_short_history(history, std::chrono::hours(10), forecast);
  EXPECT_EQ(forecast.caution, "few");
}

TEST(KnownValues, gaps_are_bridged_by_straight_lines) {
  EXPECT_EQ(bridge_gaps(series_of({kNaN, 1, kNaN, kNaN, 4, kNaN})),
            (std::vector<double>{1, 2, 3, 4, 4}));
  EXPECT_TRUE(bridge_gaps(series_of({kNaN, kNaN})).empty());
}

TEST(KnownValues, a_made_forecast_is_ordered_and_never_negative) {
  const Forecast forecast =
      make_forecast(series_of({1, 2}), "m", {0.5, -1}, {Quantiles{-1, -.5, 0, 1, 2, 3, 2.5}, {}});
  EXPECT_EQ(forecast.quantiles[0], (Quantiles{0, 0, .5, 1.5, 2.5, 3, 3.5}));
  EXPECT_EQ(forecast.mean, (std::vector<double>{0.5, 0}));
}

}  // namespace
}  // namespace foreshock::coordinator
