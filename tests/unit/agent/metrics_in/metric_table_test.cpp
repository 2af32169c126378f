#include "agent/metrics_in/metric_table.h"

#include <chrono>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

const BootTime kNow(1h);

class MetricTableTest : public testing::Test {
 protected:
  void tell(const std::string& text, BootTime now = kNow) {
    const auto line = parse_statsd_line(text);
    ASSERT_TRUE(line) << text;
    table_.add(*line, now);
  }
  void scrape(const std::string& page, BootTime now = kNow) {
    table_.add(parse_exposition(page, 1000), {{"target", "app"}}, now);
  }
  AppMetric only() {
    const auto taken = table_.take(kNow);
    EXPECT_EQ(taken.size(), 1u);
    return taken.empty() ? AppMetric() : taken[0];
  }
  MetricTable table_{100};
};

TEST_F(MetricTableTest, adds_counters_up_by_their_rate) {
  tell("requests:3|c");
  tell("requests:2|c|@0.1");
  const auto metric = only();
  EXPECT_EQ(metric.name, "requests");
  EXPECT_EQ(metric.kind, AppMetricKind::counter);
  EXPECT_EQ(metric.value, 23);
  EXPECT_EQ(metric.time, kNow);
  EXPECT_TRUE(table_.take(kNow).empty()) << "nothing new came";
  tell("requests:1|c");
  EXPECT_EQ(only().value, 24) << "a counter only grows";
}

TEST_F(MetricTableTest, keeps_gauges_and_their_changes) {
  tell("queue:10|g");
  tell("queue:+5|g");
  tell("queue:-3|g");
  EXPECT_EQ(only().value, 12);
}

TEST_F(MetricTableTest, tells_labels_apart_whatever_their_order) {
  tell("requests:1|c|#b:2,a:1");
  tell("requests:1|c|#a:1,b:2");
  tell("requests:1|c|#a:2");
  tell("odd:1|c|#a:x=y,flag");
  const auto taken = table_.take(kNow);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].labels, "a=x_y,flag");
  EXPECT_EQ(taken[1].labels, "a=1,b=2");
  EXPECT_EQ(taken[1].value, 2);
}

TEST_F(MetricTableTest, sums_timings_up_in_quantiles) {
  for (int i = 1; i <= 1000; ++i) tell("latency:" + std::to_string(i) + "|ms");
  const auto metric = only();
  ASSERT_TRUE(metric.distribution);
  EXPECT_EQ(metric.distribution->count, 1000u);
  EXPECT_NEAR(metric.distribution->p50, 500, 10);
  EXPECT_NEAR(metric.distribution->p90, 900, 18);
  EXPECT_NEAR(metric.distribution->p99, 990, 20);
  EXPECT_EQ(metric.distribution->max, 1000);
  EXPECT_NEAR(metric.value, 500.5, 0.01);
  tell("latency:7|ms");
  EXPECT_EQ(only().distribution->count, 1u) << "a new window";
}

TEST_F(MetricTableTest, quantiles_take_any_sign_and_size) {
  for (const char* value : {"-5", "0", "1e-300", "1e300", "3"})
    tell(std::string("x:") + value + "|h");
  const auto distribution = *only().distribution;
  EXPECT_EQ(distribution.count, 5u);
  EXPECT_NEAR(distribution.p50, 0, 1e-12);
  EXPECT_EQ(distribution.max, 1e300);
}

TEST_F(MetricTableTest, counts_the_different_members_of_a_set) {
  for (const char* user : {"ann", "bob", "ann"}) tell(std::string("users:") + user + "|s");
  EXPECT_EQ(only().value, 2);
}

TEST_F(MetricTableTest, refuses_what_is_beyond_its_most_and_counts_it) {
  for (int i = 0; i < 150; ++i) tell("m" + std::to_string(i) + ":1|c");
  EXPECT_EQ(table_.stats().metrics, 100u);
  EXPECT_EQ(table_.stats().refused, 50u);
  tell("m1:1|c");
  EXPECT_EQ(table_.stats().refused, 50u) << "a known one is taken";
  tell("new:1|c", kNow + 20min);
  EXPECT_EQ(table_.stats().metrics, 1u) << "the silent ones made room";
}

TEST_F(MetricTableTest, takes_scraped_counters_and_gauges) {
  scrape(
      "# TYPE jobs counter\njobs_total{q=\"a\"} 7\n# TYPE up gauge\nup 1\n"
      "# TYPE rpc summary\nrpc{quantile=\"0.5\"} 4\nrpc_sum 9\nrpc_count 2\n");
  const auto taken = table_.take(kNow);
  ASSERT_EQ(taken.size(), 5u);
  EXPECT_EQ(taken[0].name, "jobs_total");
  EXPECT_EQ(taken[0].labels, "q=a,target=app");
  EXPECT_EQ(taken[0].kind, AppMetricKind::counter);
  EXPECT_EQ(taken[1].kind, AppMetricKind::gauge) << "a quantile of a summary";
  EXPECT_EQ(taken[2].kind, AppMetricKind::counter);
  EXPECT_EQ(taken[4].name, "up");
}

TEST_F(MetricTableTest, turns_a_scraped_histogram_into_quantiles_of_what_came_since) {
  const auto page = [](int a, int b, int c) {
    return "# TYPE lat histogram\nlat_bucket{le=\"0.1\"} " + std::to_string(a) +
           "\nlat_bucket{le=\"1\"} " + std::to_string(b) + "\nlat_bucket{le=\"+Inf\"} " +
           std::to_string(c) + "\nlat_sum 5\nlat_count " + std::to_string(c) + "\n";
  };
  scrape(page(100, 100, 100));
  EXPECT_TRUE(table_.take(kNow).empty()) << "what came before we looked";
  scrape(page(180, 199, 200));
  const auto metric = only();
  EXPECT_EQ(metric.name, "lat");
  ASSERT_TRUE(metric.distribution);
  EXPECT_EQ(metric.distribution->count, 100u);
  EXPECT_NEAR(metric.distribution->p50, 0.05, 0.002);
  EXPECT_NEAR(metric.distribution->p90, 0.55, 0.02);
  EXPECT_EQ(metric.distribution->max, 1) << "at least the last bound";
  scrape(page(3, 3, 3));
  EXPECT_EQ(only().distribution->count, 3u) << "the program was restarted";
}

}  // namespace
}  // namespace foreshock::agent
