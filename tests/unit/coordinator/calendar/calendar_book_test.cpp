#include "coordinator/calendar/calendar_book.h"

#include <fstream>

#include <gtest/gtest.h>

#include "common/text/display.h"
#include "tests/support/temp_dir.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kNow = parse_utc("2026-11-21T09:00:00Z").value();
const TimeSpan kSpan{kNow - 24h, kNow + 24h};

Result<std::string> fetch_nothing(const std::string&) {
  return Error(ErrorCode::unavailable, "offline");
}

}  // namespace

TEST(CalendarBook, keeps_what_a_source_said_last_and_says_what_is_wrong_now) {
  test::TempDir dir;
  const std::string path = dir / "c.csv";
  std::ofstream(path) << "start,end\n2026-11-21T10:00:00Z,2026-11-21T11:30:00Z\n";
  CalendarSource source;
  source.name = "campaigns";
  source.kind = CalendarSource::Kind::csv;
  source.file = path;
  CalendarBook book({source}, fetch_nothing);
  EXPECT_EQ(book.refresh(kNow, kSpan), "");
  std::ofstream(path) << "start,end\n2026-11-21T10:00:00Z,never\n";
  EXPECT_EQ(book.refresh(kNow + 10min, kSpan), "") << "not due yet";
  EXPECT_NE(book.refresh(kNow + 1h, kSpan).find("c.csv:2: end"), std::string::npos);
  EXPECT_EQ(book.refresh(kNow + 1h + 5min, kSpan), "") << "told once";
  const auto states = book.states(kNow);
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].events, 1U);
  EXPECT_EQ(states[0].next_event, kNow + 1h);
  EXPECT_FALSE(states[0].problem.empty());
  const auto regressors = book.regressors(kSpan);
  ASSERT_EQ(regressors.size(), 1U);
  EXPECT_EQ(regressors[0].at(kNow), 0);
  EXPECT_EQ(regressors[0].at(kNow + 1h), 1);
  EXPECT_EQ(regressors[0].at(kNow + 2h), .5);
  EXPECT_EQ(regressors[0].at(kNow + 100h), 0);
}

TEST(CalendarBook, remembers_items_that_a_feed_has_dropped) {
  CalendarSource source;
  source.name = "news";
  source.kind = CalendarSource::Kind::feed;
  source.url = "https://x/feed";
  std::string body = R"({"items":[{"date_published":"2026-11-21T07:10:00Z"},)"
                     R"({"date_published":"2026-11-21T07:20:00Z"}]})";
  CalendarBook book({source}, [&](const std::string&) -> Result<std::string> { return body; });
  book.refresh(kNow, kSpan);
  body = R"({"items":[{"date_published":"2026-11-21T07:20:00Z"},)"
         R"({"date_published":"2026-11-21T08:20:00Z"}]})";
  book.refresh(kNow + 1h, kSpan);
  const auto regressors = book.regressors(kSpan);
  ASSERT_EQ(regressors.size(), 1U);
  EXPECT_EQ(regressors[0].at(kNow - 2h), 2);
  EXPECT_EQ(regressors[0].at(kNow - 1h), 1);
}

}  // namespace foreshock::coordinator
