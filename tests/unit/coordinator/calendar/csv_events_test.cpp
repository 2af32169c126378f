#include "coordinator/calendar/csv_events.h"

#include <gtest/gtest.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

const TimeSpan kNovember{parse_utc("2026-11-01T00:00:00Z").value(),
                         parse_utc("2026-12-01T00:00:00Z").value()};

}  // namespace

TEST(CsvEvents, reads_campaigns_of_the_span_by_start) {
  const auto events = parse_csv_events(
      "start,end,name,weight\n2026-11-20T00:00:00Z,2026-11-22T00:00:00Z,late,\n"
      "2026-11-10T00:00:00Z,2026-11-11T00:00:00Z,early,2.5\n"
      "2025-11-10T00:00:00Z,2025-11-11T00:00:00Z,gone,1\n",
      "c.csv", kNovember);
  ASSERT_TRUE(events) << events.error().message();
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].name, "early");
  EXPECT_EQ((*events)[0].weight, 2.5);
  EXPECT_EQ((*events)[1].weight, 1);
}

TEST(CsvEvents, errors_name_line_and_column) {
  const auto events = parse_csv_events("start,end\n2026-11-20T00:00:00Z,2026-11-19T00:00:00Z\n",
                                       "c.csv", kNovember);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().message(),
            "c.csv:2: end: expected a time after start, got \"2026-11-19T00:00:00Z\"");
}

}  // namespace foreshock::coordinator
