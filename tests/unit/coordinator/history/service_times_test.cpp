#include "coordinator/history/service_times.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

WorkloadTraffic served(std::vector<std::uint64_t> counts) {
  WorkloadTraffic traffic;
  traffic.served_usec_log2 = std::move(counts);
  return traffic;
}

TEST(ServiceTimes, tells_the_percentile_of_what_was_served_between_two_looks) {
  ServiceTimes times;
  EXPECT_FALSE(times.p95(1, served({1000}))) << "nothing to compare with";
  // 90 in [1024, 2048) us and 10 in [4096, 8192): the 95th of 100 is in the middle of the latter.
  std::vector<std::uint64_t> counts(13);
  counts[0] = 1000;
  counts[10] = 90;
  counts[12] = 10;
  EXPECT_EQ(times.p95(1, served(counts)), std::chrono::microseconds(6144));
  EXPECT_FALSE(times.p95(1, served(counts))) << "nothing was served";
  EXPECT_FALSE(times.p95(2, served(counts))) << "another workload";
}

TEST(ServiceTimes, counters_that_went_back_were_started_anew) {
  ServiceTimes times;
  static_cast<void>(times.p95(1, served({0, 0, 500})));
  EXPECT_FALSE(times.p95(1, served({0, 0, 3})));
  EXPECT_TRUE(times.p95(1, served({0, 0, 9})));
}

TEST(ServiceTimes, many_buckets_are_no_harm) {
  ServiceTimes times;
  static_cast<void>(times.p95(1, served({})));
  EXPECT_FALSE(times.p95(1, served(std::vector<std::uint64_t>(1000, 0))));
  EXPECT_TRUE(times.p95(1, served(std::vector<std::uint64_t>(1000, 7))));
}

}  // namespace
}  // namespace foreshock::coordinator
