#include "coordinator/cli/forecast_chart.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace foreshock::coordinator {

namespace {

std::string format_value(double value) {
  return fmt::format("{:.0f}", value);
}

ChartPoint was(double value) {
  return {.actual = value, .band = {}};
}
ChartPoint will_be(double lowest, double low, double mean, double high, double highest) {
  return {.actual = {}, .band = ChartPoint::Band{lowest, low, mean, high, highest}};
}

}  // namespace

TEST(ForecastChart, draws_what_was_and_the_band_of_what_may_be) {
  EXPECT_EQ(draw_chart({was(1), was(1), will_be(0, 2.5, 5, 8, 10), will_be(9, 9.4, 9.5, 9.8, 10)},
                       80, 5, format_value),
            "10 │  ┊░━\n"
            "   │  ┊▒\n"
            "   │  ┊━\n"
            "   │  ┊▒\n"
            " 0 │●●┊░\n");
}

TEST(ForecastChart, leaves_gaps_where_nothing_is_known) {
  EXPECT_EQ(draw_chart({was(1), {}, was(1)}, 80, 2, format_value),
            "1 │● ●\n"
            "0 │\n");
}

TEST(ForecastChart, shares_columns_when_it_is_too_narrow_and_keeps_the_peaks) {
  std::vector<ChartPoint> points(100, will_be(1, 1, 1, 1, 1));
  points[55] = will_be(1, 1, 10, 10, 10);
  const auto chart = draw_chart(points, 10, 4, format_value);
  EXPECT_EQ(chart.substr(0, chart.find('\n')), "10 │     ━");
}

TEST(ForecastChart, draws_nothing_of_nothing_and_a_base_line_of_zeros) {
  EXPECT_EQ(draw_chart({}, 80, 5, format_value), "");
  EXPECT_EQ(draw_chart({{}, {}}, 80, 5, format_value), "");
  EXPECT_EQ(draw_chart({was(0), was(0)}, 80, 2, format_value),
            "0 │\n"
            "0 │●●\n");
}

}  // namespace foreshock::coordinator
