#include "coordinator/calendar/feed.h"

#include <gtest/gtest.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

const WallTime kNine = parse_utc("2026-11-21T09:00:00Z").value();

std::string error_of(const std::string& text) {
  const auto times = parse_feed(text, "f");
  return times ? "" : times.error().message();
}

}  // namespace

TEST(Feed, reads_rss_atom_and_json) {
  for (const char* text : {
           "<rss><channel><item><pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate></item>"
           "<item><title>no time</title></item></channel></rss>",
           "<feed><entry><updated>2026-11-21T09:00:00Z</updated></entry></feed>",
           "<rdf:RDF><item><dc:date>2026-11-21T09:00:00+00:00</dc:date></item></rdf:RDF>",
           R"({"items": [{"date_published": "2026-11-21T04:00:00-05:00"}, {}]})",
       }) {
    const auto times = parse_feed(text, "f");
    ASSERT_TRUE(times) << times.error().message();
    EXPECT_EQ(*times, std::vector{kNine}) << text;
  }
}

TEST(Feed, times_of_mail_with_and_without_weekday_and_seconds) {
  EXPECT_EQ(parse_rfc822("21 Nov 2026 09:00 GMT"), kNine);
  EXPECT_EQ(parse_rfc822("Sat, 21 Nov 2026 09:00:00 UT"), kNine);
  EXPECT_FALSE(parse_rfc822("Sat, 31 Nov 2026 09:00:00 UT"));
  EXPECT_FALSE(parse_rfc822("Sat, 21 Nov 26"));
  EXPECT_FALSE(parse_rfc3339("2026-11-21"));
}

TEST(Feed, errors_name_line_or_item) {
  EXPECT_EQ(error_of("<rss>\n<channel>\n</rss>"), "f:3: Start-end tags mismatch");
  EXPECT_EQ(error_of("{\n\"items\": [}"), "f:2: not JSON");
  EXPECT_EQ(error_of("{\"items\": [1e999]}"), "f:1: has a number that is too large");
  EXPECT_EQ(error_of("<html/>"), "f:1: no feed: expected <rss>, <feed> or <rdf:RDF>, got <html>");
  EXPECT_EQ(error_of("<feed><entry/><entry><updated>now</updated></entry></feed>"),
            "f: item 2: expected a time, got \"now\"");
  EXPECT_EQ(error_of("  "), "f:1: empty, expected a feed");
}

}  // namespace foreshock::coordinator
