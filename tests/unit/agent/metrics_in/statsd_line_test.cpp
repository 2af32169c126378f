#include "agent/metrics_in/statsd_line.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

StatsdLine line(const std::string& text) {
  static std::string kept;  // the line is a view
  kept = text;
  const auto parsed = parse_statsd_line(kept);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(StatsdLine());
}

TEST(StatsdLine, has_a_name_a_value_and_a_type) {
  const auto counter = line("requests:3|c");
  EXPECT_EQ(counter.name, "requests");
  EXPECT_EQ(counter.type, StatsdType::counter);
  EXPECT_EQ(counter.values.at(0), "3");
  EXPECT_EQ(counter.rate, 1);
  EXPECT_EQ(line("queue:17|g").type, StatsdType::gauge);
  EXPECT_EQ(line("latency:12.5|ms").type, StatsdType::timing);
  EXPECT_EQ(line("size:12|h").type, StatsdType::timing);
  EXPECT_EQ(line("size:12|d").type, StatsdType::timing);
  EXPECT_EQ(line("users:ann|s").type, StatsdType::set);
}

TEST(StatsdLine, of_a_gauge_may_be_a_change) {
  EXPECT_EQ(line("queue:+4|g").type, StatsdType::gauge_change);
  EXPECT_EQ(line("queue:-4|g").type, StatsdType::gauge_change);
}

TEST(StatsdLine, may_have_a_rate_and_tags) {
  const auto tagged = line("app.requests:1|c|@0.1|#method:GET,status:200,canary\r");
  EXPECT_EQ(tagged.rate, 0.1);
  ASSERT_EQ(tagged.tags.size(), 3u);
  EXPECT_EQ(tagged.tags[0].first, "method");
  EXPECT_EQ(tagged.tags[1].second, "200");
  EXPECT_EQ(tagged.tags[2].second, "");
}

TEST(StatsdLine, may_have_several_values_and_what_we_do_not_use) {
  const auto packed = line("latency:1:2.5:3|ms|#a:b|c:ci-123|T1700000000");
  EXPECT_EQ(packed.values.size(), 3u);
}

TEST(StatsdLine, that_is_damaged_is_refused) {
  for (const std::string text :
       {"",           "x",       "x:",       "x:1",      "x:1|",      "x:1|z",
        ":1|c",       "x:one|c", "x:1|c|@2", "x:1|c|@0", "x:1|c|@x",  "x:nan|g",
        "x:inf|g",    "x: 1|c",  "a b:1|c",  "x::1|c",   "x:1e999|c", "_e{5,4}:title|text",
        "_sc|name|0", "x:|s"}) {
    EXPECT_FALSE(parse_statsd_line(text)) << text;
  }
}

}  // namespace
}  // namespace foreshock::agent
