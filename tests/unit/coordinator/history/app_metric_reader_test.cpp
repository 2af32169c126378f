#include "coordinator/history/app_metric_reader.h"

#include <chrono>

#include <gtest/gtest.h>

#include "coordinator/history/app_metric_writer.h"
#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

class AppMetricReaderTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    auto opened = AppMetricReader::open(path_);
    ASSERT_TRUE(opened) << opened.error().message();
    metrics_ = *std::move(opened);
  }
  void tell(double second, AppMetric metric) {
    Report report = make_report(second);
    metric.time = boot(second);
    report.app_metrics.push_back(std::move(metric));
    append_report(report);
  }
  static AppMetric counter(double value) {
    return {.name = "requests",
            .labels = "code=200",
            .kind = AppMetricKind::counter,
            .time = {},
            .value = value,
            .distribution = {}};
  }
  std::unique_ptr<AppMetricReader> metrics_;
};

TEST_F(AppMetricReaderTest, lists_each_metric_with_its_newest_value) {
  tell(10, counter(100));
  tell(20, counter(150));
  tell(20, {.name = "latency",
            .labels = "",
            .kind = AppMetricKind::distribution,
            .time = {},
            .value = 4,
            .distribution =
                Distribution{.count = 10, .sum = 40, .p50 = 3, .p90 = 8, .p99 = 9, .max = 9.5}});
  const auto rows = metrics_->list({});
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].name, "latency");
  EXPECT_EQ((*rows)[0].newest.distribution->p90, 8);
  EXPECT_EQ((*rows)[0].newest.distribution->sum, 40);
  EXPECT_EQ((*rows)[1].labels, "code=200");
  EXPECT_EQ((*rows)[1].kind, AppMetricKind::counter);
  EXPECT_EQ((*rows)[1].newest.value, 150);
  EXPECT_EQ((*rows)[1].newest.rate, 5);
  EXPECT_EQ(metrics_->list({.host = {}, .text = "lat", .limit = 10})->size(), 1U);
  EXPECT_EQ(metrics_->list({.host = 77, .text = "", .limit = 10})->size(), 0U);
}

TEST_F(AppMetricReaderTest, gives_points_and_how_fast_a_counter_grew) {
  for (const double second : {10., 20., 30.}) tell(second, counter(second * 2));
  tell(40, counter(7));  // its program was started anew
  const auto id = metrics_->list({})->at(0).id;
  const auto points = metrics_->points(id, AppMetricKind::counter, wall(15), wall(100), 100);
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 3U);
  EXPECT_EQ((*points)[0].time, wall(20));
  EXPECT_EQ((*points)[0].rate, 2) << "from the point before the window";
  EXPECT_EQ((*points)[2].rate, 0.7);
  EXPECT_EQ(metrics_->points(id, AppMetricKind::counter, wall(0), wall(100), 2)->size(), 2U);
}

TEST_F(AppMetricReaderTest, keeps_metrics_told_twice_once_and_forgets_old_ones) {
  tell(10, counter(100));
  tell(10, counter(100));
  const auto id = metrics_->list({})->at(0).id;
  EXPECT_EQ(metrics_->points(id, AppMetricKind::counter, wall(0), wall(100), 9)->size(), 1U);
  while (!store_->prune(wall(1000), {1 << 30}).value()) {
  }
  EXPECT_TRUE(metrics_->list({})->empty());
  tell(2000, counter(5));
  EXPECT_EQ(metrics_->list({})->size(), 1U);
}

}  // namespace
}  // namespace foreshock::coordinator::test
