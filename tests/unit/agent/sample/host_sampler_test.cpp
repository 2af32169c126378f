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

TEST(HostSampler, counts_disks_and_interfaces_of_hardware) {
  const TemporaryTree proc, sys;
  proc.write("/stat", "cpu 100 0 0 0\n");
  proc.write(
      "/diskstats",
      "   7       0 loop0 9 0 9 0 9 0 9 0 0 9 0\n"
      " 254       0 vda 69494 13052 4501898 20779 98856 49358 18263456 80486 3 33912 112665 1 2\n"
      " 254       1 vda1 69494 13052 4501898 20779 98856 49358 18263456 80486 0 33912 112665\n"
      " garbage\n");
  proc.write("/net/dev",
             "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n"
             "    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n"
             "  eth0: 67918905 2586 1 2 0 0 0 0 163641 1918 3 4 0 0 0 0\n"
             "docker0: 7 7 0 0 0 0 0 0 7 7 0 0 0 0 0 0\n");
  sys.write("/block/vda/device/vendor", "0x1af4\n");
  sys.write("/class/net/eth0/device/vendor", "0x1af4\n");
  const auto sampler = HostSampler::make(proc.root(), sys.root());
  ResourceSample sample;
  (*sampler)->sample(kNow, sample);
  ASSERT_TRUE(sample.host);
  const DiskSample disk{.name = "vda",
                        .reads = 69494,
                        .writes = 98856,
                        .read = {4501898ULL * 512},
                        .written = {18263456ULL * 512},
                        .busy = std::chrono::milliseconds(33912),
                        .in_flight = 3};
  EXPECT_EQ(sample.host->disks, std::vector{disk});
  const InterfaceSample interface {
    .name = "eth0", .received = {67918905}, .sent = {163641}, .received_packets = 2586,
    .sent_packets = 1918, .errors = 4, .drops = 6
  };
  EXPECT_EQ(sample.host->interfaces, std::vector{interface});
}

TEST(HostSampler, without_hardware_all_interfaces_but_loopback_count) {
  const TemporaryTree proc, sys;
  proc.write("/stat", "cpu 100 0 0 0\n");
  proc.write("/net/dev", "lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\nhost0: 5 1 0 0 0 0 0 0 6 1 0 0\n");
  const auto sampler = HostSampler::make(proc.root(), sys.root());
  ResourceSample sample;
  (*sampler)->sample(kNow, sample);
  ASSERT_EQ(sample.host->interfaces.size(), 1U);
  EXPECT_EQ(sample.host->interfaces[0].name, "host0");
  EXPECT_TRUE(sample.host->disks.empty());
}

TEST(HostSampler, a_number_of_sectors_that_does_not_fit_is_as_large_as_it_gets) {
  const auto disks =
      parse_diskstats("1 2 x 1 1 18446744073709551615 1 1 1 1 1 1 18446744073709551615");
  ASSERT_EQ(disks.size(), 1U);
  EXPECT_EQ(disks[0].read, Bytes{~std::uint64_t{0}});
  EXPECT_EQ(disks[0].busy, Nanoseconds::max());
  EXPECT_TRUE(parse_diskstats("1 2 x 1 1 -1 1 1 1 1 1 1 1").empty());
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
