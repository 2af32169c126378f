#include "agent/metrics_in/exposition_text.h"

#include <cmath>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

TEST(Exposition, of_prometheus_has_types_labels_and_values) {
  const auto page = parse_exposition(
      "# HELP http_requests_total The total.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "http_requests_total{method=\"post\",code=\"400\",} 3\n"
      "\n"
      "msdos_file_access_time_seconds{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"No\\n\\\"x\\\"\"} "
      "1.458255915e9\n"
      "metric_without_timestamp 12.47\r\n"
      "  spaced  { a = \"b\" }   -3e2\n"
      "infinite +Inf\nminus -Inf\nnothing NaN\n",
      100);
  EXPECT_EQ(page.not_understood, 0u);
  ASSERT_EQ(page.samples.size(), 8u);
  EXPECT_EQ(page.types.at("http_requests_total"), "counter");
  EXPECT_EQ(page.samples[0].name, "http_requests_total");
  EXPECT_EQ(page.samples[0].labels.at(1), (std::pair<std::string, std::string>{"code", "200"}));
  EXPECT_EQ(page.samples[0].value, 1027);
  EXPECT_EQ(page.samples[2].labels.at(0).second, "C:\\DIR\\FILE.TXT");
  EXPECT_EQ(page.samples[2].labels.at(1).second, "No\n\"x\"");
  EXPECT_EQ(page.samples[4].value, -300);
  EXPECT_TRUE(std::isinf(page.samples[5].value));
  EXPECT_TRUE(std::isnan(page.samples[7].value));
}

TEST(Exposition, of_openmetrics_may_have_exemplars_and_an_end) {
  const auto page = parse_exposition(
      "# TYPE foo histogram\n# UNIT foo seconds\n"
      "foo_bucket{le=\"0.1\"} 8 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n"
      "foo_count 17 1520879607.789\n# EOF\n",
      100);
  EXPECT_EQ(page.not_understood, 0u);
  ASSERT_EQ(page.samples.size(), 2u);
  EXPECT_EQ(page.samples[0].value, 8);
}

TEST(Exposition, counts_lines_that_make_no_sense) {
  const auto page = parse_exposition(
      "{a=\"b\"} 1\nx{a=b} 1\nx{a=\"b} 1\nx one\nx\nx{a=\"b\"\n\xff 1\nok 1\n", 100);
  EXPECT_EQ(page.not_understood, 7u);
  EXPECT_EQ(page.samples.size(), 1u);
}

TEST(Exposition, is_cut_at_its_most) {
  const auto page = parse_exposition("a 1\nb 2\nc 3\n", 2);
  EXPECT_EQ(page.samples.size(), 2u);
  EXPECT_TRUE(page.cut);
}

}  // namespace
}  // namespace foreshock::agent
