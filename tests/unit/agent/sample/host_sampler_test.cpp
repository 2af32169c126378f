#include "agent/sample/host_sampler.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

const BootTime kNow(std::chrono::seconds(10));

TEST(HostSampler, reads_what_proc_offers) {
  const TemporaryTree proc;
  proc.write("/stat", "cpu 100 0 0 0 0 0 0 0\ncpu0 100 0 0 0\n");
  proc.write("/meminfo", "MemTotal: 1000 kB\n");
  proc.write("/loadavg", "0.50 0 0 1/2 3\n");
  proc.write("/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n");
  const auto sampler = HostSampler::make(proc.root());
  ASSERT_TRUE(sampler) << sampler.error().message();
  ResourceSample sample;
  (*sampler)->sample(kNow, sample);
  ASSERT_TRUE(sample.host);
  EXPECT_EQ(sample.host->time, kNow);
  EXPECT_EQ(sample.host->cpu_count, 1u);
  EXPECT_GT(sample.host->cpu_user, Nanoseconds(0));
  EXPECT_EQ(sample.host->memory_total, Bytes{1024000});
  EXPECT_EQ(sample.host->load1_permille, 500u);
  EXPECT_EQ(sample.host->cpu_pressure, std::chrono::microseconds(9));
  EXPECT_EQ(sample.host->io_pressure, std::nullopt);
}

TEST(HostSampler, sees_new_contents_through_the_same_open_file) {
  const TemporaryTree proc;
  proc.write("/stat", "cpu 100 0 0 0\n");
  const auto sampler = HostSampler::make(proc.root());
  ResourceSample first, second;
  (*sampler)->sample(kNow, first);
  proc.write("/stat", "cpu 300 0 0 0\n");
  (*sampler)->sample(kNow, second);
  EXPECT_EQ(second.host->cpu_user, 3 * first.host->cpu_user);
}

TEST(HostSampler, without_cpu_times_there_is_no_host_sample) {
  const TemporaryTree proc;
  const auto sampler = HostSampler::make(proc.root());
  ResourceSample sample;
  (*sampler)->sample(kNow, sample);
  EXPECT_FALSE(sample.host);
  EXPECT_FALSE(HostSampler::make("/no/such/proc"));
}

}  // namespace
}  // namespace foreshock::agent
