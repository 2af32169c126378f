#include "agent/sample/traffic_sampler.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

TEST(TrafficSampler, tells_what_has_changed_with_its_path_and_lets_go_of_what_is_gone) {
  TemporaryTree cgroups;
  cgroups.make("/web");
  CgroupIndex index(cgroups.root(), 10);
  const auto web = cgroups.inode("/web");
  std::vector<WorkloadTraffic> counters(2);
  counters[0].cgroup_id = web;
  counters[0].sent = Bytes{100};
  counters[1].cgroup_id = 999'999'999;
  std::vector<std::uint64_t> gone;
  TrafficSampler sampler(
      [&](const auto& is_gone) -> Result<std::vector<WorkloadTraffic>> {
        for (const auto& traffic : counters) {
          if (is_gone(traffic.cgroup_id)) gone.push_back(traffic.cgroup_id);
        }
        return counters;
      },
      index);
  ResourceSample first;
  sampler.sample(BootTime{}, first);
  ASSERT_EQ(first.traffic.size(), 2u);
  EXPECT_EQ(first.traffic[0].cgroup, "/web");
  EXPECT_EQ(first.traffic[1].cgroup, "");
  EXPECT_EQ(gone, std::vector<std::uint64_t>{999'999'999});
  ResourceSample second;
  sampler.sample(BootTime{}, second);
  EXPECT_TRUE(second.traffic.empty());
  counters[0].accepted = 1;
  ResourceSample third;
  sampler.sample(BootTime{}, third);
  ASSERT_EQ(third.traffic.size(), 1u);
  EXPECT_EQ(third.traffic[0].accepted, 1u);
}

}  // namespace
}  // namespace foreshock::agent
