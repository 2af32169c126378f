#include "common/text/display.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace foreshock {

TEST(Display, writes_durations_for_people) {
  EXPECT_EQ(format_duration(0s), "0 ms");
  EXPECT_EQ(format_duration(850ms), "850 ms");
  EXPECT_EQ(format_duration(999'900us), "1.0 s");
  EXPECT_EQ(format_duration(1500ms), "1.5 s");
  EXPECT_EQ(format_duration(12s), "12 s");
  EXPECT_EQ(format_duration(5min), "5 min");
  EXPECT_EQ(format_duration(192min), "3.2 h");
  EXPECT_EQ(format_duration(96h), "4.0 d");
  EXPECT_EQ(format_duration(-12s), "-12 s");
}

TEST(Display, tells_how_long_ago_a_time_is) {
  const WallTime now = WallTime(24h * 20000);
  EXPECT_EQ(format_ago(now - 12s, now), "12 s ago");
  EXPECT_EQ(format_ago(now + 2min, now), "in 2 min");
  EXPECT_EQ(format_ago(WallTime(), now), "never");
}

TEST(Display, reads_the_times_it_writes) {
  const WallTime time = WallTime(24h * 20000 + 3723s + 123ms);
  EXPECT_EQ(parse_utc(format_utc(time)), time);
  EXPECT_EQ(parse_utc("2026-11-21T23:31:03Z"), parse_utc("2026-11-21T23:31:03.000Z"));
  EXPECT_EQ(parse_utc("2026-11-21 23:31:03"), parse_utc("2026-11-21T23:31:03Z"));
  for (const char* text : {"", "2026-11-21", "2026-13-21T23:31:03Z", "2026-11-21T24:31:03Z",
                           "2026-11-21_23:31:03", "2026-11-21T23:31Z", "2026-11-21T23:31:03.Z",
                           "9999-11-21T23:31:03Z", "2026-11-21T23:3a:03Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

TEST(Display, makes_what_steers_a_terminal_visible) {
  EXPECT_EQ(make_printable("plain größe 日本"), "plain größe 日本");
  EXPECT_EQ(make_printable("a\x1b[31mb\nc\td\x7f"), "a\\x1b[31mb\\nc\\td\\x7f");
  EXPECT_EQ(make_printable("\xc2\x9b"), "\\x9b");         // C1's own escape
  EXPECT_EQ(make_printable("a\xff\xc3"), "a\\xff\\xc3");  // broken UTF-8
  EXPECT_EQ(make_printable("\xe2\x80\xae"
                           "abc"),
            "\\u202eabc");                              // right-to-left override
  EXPECT_EQ(make_printable("\xc0\x80"), "\\xc0\\x80");  // overlong NUL
}

TEST(Display, measures_and_cuts_by_columns) {
  EXPECT_EQ(display_width("größe"), 5u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(cut_to_width("größe", 5), "größe");
  EXPECT_EQ(cut_to_width("größen", 5), "größ…");
  EXPECT_EQ(cut_to_width("日本語", 4), "日…");
  EXPECT_EQ(cut_to_width("abc", 1), "…");
  EXPECT_EQ(cut_to_width("abc", 0), "");
}

}  // namespace foreshock
