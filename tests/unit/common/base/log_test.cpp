#include "common/base/log.h"

#include <gtest/gtest.h>

#include "common/base/log_limit.h"

namespace foreshock {
namespace {

constexpr BootTime kStart{std::chrono::hours(1)};

TEST(LogLimit, lets_a_burst_through_and_then_one_a_second) {
  LogLimit limit;
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += limit.admit("spool_append_failed", kStart) ? 1 : 0;
  EXPECT_EQ(passed, 20);
  EXPECT_FALSE(limit.admit("spool_append_failed", kStart + std::chrono::milliseconds(900)));
  EXPECT_TRUE(limit.admit("spool_append_failed", kStart + std::chrono::milliseconds(1100)));
}

TEST(LogLimit, says_how_many_lines_it_held_back) {
  LogLimit limit;
  for (int i = 0; i < 25; ++i) limit.admit("uplink", kStart);
  EXPECT_EQ(limit.admit("uplink", kStart + std::chrono::seconds(2)), 5U);
  EXPECT_EQ(limit.admit("uplink", kStart + std::chrono::seconds(4)), 0U);
}

TEST(LogLimit, judges_each_event_by_itself) {
  LogLimit limit;
  for (int i = 0; i < 100; ++i) limit.admit("uplink", kStart);
  EXPECT_TRUE(limit.admit("agent_ready", kStart));
}

TEST(LogLimit, stays_small_whatever_the_events_are_called) {
  LogLimit limit;
  int passed = 0;
  for (int i = 0; i < 10'000; ++i) passed += limit.admit(std::to_string(i), kStart) ? 1 : 0;
  EXPECT_EQ(passed, 256 + 20);
}

TEST(FormatLogLine, puts_the_priority_in_front_for_the_journal) {
  EXPECT_EQ(format_log_line(LogLevel::warning, "clock_set by=3s", 0, true),
            "<4>level=warning event=clock_set by=3s");
  EXPECT_EQ(format_log_line(LogLevel::error, "uplink state=gone", 7, false),
            "level=error event=uplink state=gone suppressed=7");
}

TEST(FormatLogLine, leaves_no_way_to_forge_a_line) {
  EXPECT_EQ(format_log_line(LogLevel::info, "host name=a\nlevel=error\x1b[2J", 0, false),
            "level=info event=host name=a?level=error?[2J");
}

}  // namespace
}  // namespace foreshock
