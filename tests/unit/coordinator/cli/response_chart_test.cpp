#include "coordinator/cli/response_chart.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

std::string plain(double value) {
  return std::to_string(static_cast<int>(value));
}

TEST(ResponseChart, draws_bars_and_marks_the_command) {
  const ResponseCurve curve{.from_s = -2, .step_s = 1, .values = {0, 0, 0, 6, 6, 3}};
  EXPECT_EQ(draw_response(curve, 20, 3, plain),
            "6 │  ┊██\n"
            "  │  ┊██▄\n"
            "  │  ┊███\n"
            "     0\n");
}

TEST(ResponseChart, values_share_columns_where_there_is_no_room) {
  const ResponseCurve curve{.from_s = -4, .step_s = 60, .values = {0, 0, 2, 2}};
  EXPECT_EQ(draw_response(curve, 2, 1, plain), "2 │┊█\n   0\n");
}

TEST(ResponseChart, nothing_is_drawn_of_nothing) {
  EXPECT_EQ(draw_response({}, 20, 3, plain), "");
  EXPECT_EQ(draw_response({.from_s = 0, .step_s = 1, .values = {0, -1}}, 20, 3, plain), "");
}

}  // namespace
}  // namespace foreshock::coordinator
