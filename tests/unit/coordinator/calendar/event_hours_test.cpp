#include "coordinator/calendar/event_hours.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kMidnight = WallTime(24h * 20000);

}  // namespace

TEST(EventHours, are_covered_by_the_share_of_the_hour_that_is_inside) {
  const TimeSpan span{kMidnight, kMidnight + 4h};
  EXPECT_EQ(cover_hours({{kMidnight + 30min, kMidnight + 2h + 15min, "", 1}}, span),
            (std::vector<double>{.5, 1, .25, 0}));
}

TEST(EventHours, add_up_where_events_overlap_by_their_weights) {
  const TimeSpan span{kMidnight, kMidnight + 2h};
  EXPECT_EQ(
      cover_hours({{kMidnight, kMidnight + 1h, "", 2}, {kMidnight, kMidnight + 2h, "", 3}}, span),
      (std::vector<double>{5, 3}));
}

TEST(EventHours, begin_with_the_hour_in_which_the_span_begins_and_leave_out_the_rest) {
  const TimeSpan span{kMidnight + 90min, kMidnight + 3h};
  const CalendarEvent long_one{kMidnight - 24h, kMidnight + 48h, "", 1};
  EXPECT_EQ(cover_hours({long_one}, span), (std::vector<double>{1, 1}));
  EXPECT_EQ(cover_hours({{kMidnight, kMidnight + 1h, "", 1}}, span), (std::vector<double>{0, 0}));
}

TEST(EventHours, of_an_empty_span_are_none) {
  EXPECT_TRUE(cover_hours({}, {kMidnight, kMidnight}).empty());
  EXPECT_TRUE(count_hours({kMidnight}, {kMidnight + 1h, kMidnight}).empty());
}

TEST(EventHours, count_what_falls_into_them) {
  const TimeSpan span{kMidnight, kMidnight + 2h};
  EXPECT_EQ(
      count_hours({kMidnight - 1s, kMidnight, kMidnight + 59min, kMidnight + 1h, kMidnight + 2h},
                  span),
      (std::vector<double>{2, 1}));
}

}  // namespace foreshock::coordinator
