#include "agent/sample/cgroup_sampler.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

const BootTime kNow(std::chrono::seconds(10));

ResourceSample look(CgroupSampler& sampler) {
  ResourceSample sample;
  sampler.sample(kNow, sample);
  return sample;
}

class CgroupSamplerV2 : public testing::Test {
 protected:
  CgroupSamplerV2() {
    layout_.kind = CgroupLayout::Kind::v2;
    layout_.v2_root = tree_.root();
    layout_.v2_controllers = {{"cpu", true}, {"memory", true}};
  }
  void fill(const std::string& path) {
    tree_.write(path + "/cpu.stat",
                "usage_usec 1000\nnr_periods 3\nnr_throttled 2\nthrottled_usec 30\n");
    tree_.write(path + "/cpu.max", "150000 100000\n");
    tree_.write(path + "/cpu.pressure", "some avg10=0 avg60=0 avg300=0 total=4\n");
    tree_.write(path + "/memory.current", "5000\n");
    tree_.write(path + "/memory.stat", "anon 1\ninactive_file 1000\n");
    tree_.write(path + "/memory.max", "max\n");
    tree_.write(path + "/memory.high", "9000\n");
    tree_.write(path + "/memory.events", "low 0\noom 1\noom_kill 1\n");
    tree_.write(path + "/memory.pressure", "some avg10=0 avg60=0 avg300=0 total=5\n");
  }

  TemporaryTree tree_;
  CgroupLayout layout_;
  CgroupIndex index_{tree_.root(), 100};
};

TEST_F(CgroupSamplerV2, reads_all_that_a_cgroup_says_and_leaves_the_root_out) {
  fill("");
  fill("/job");
  CgroupSampler sampler(layout_, index_, 100);
  const auto sample = look(sampler);
  WorkloadSample expected;
  expected.cgroup = "/job";
  expected.cgroup_id = tree_.inode("/job");
  expected.time = kNow;
  expected.cpu_usage = std::chrono::microseconds(1000);
  expected.cpu_throttled = std::chrono::microseconds(30);
  expected.throttled_periods = 2;
  expected.cpu_max_millicores = std::optional<std::uint64_t>(1500);
  expected.memory_current = Bytes{5000};
  expected.memory_working_set = Bytes{4000};
  expected.memory_max.emplace();  // it can be read, and it is unlimited
  expected.memory_high = std::optional(Bytes{9000});
  expected.oom_kills = 1;
  expected.cpu_pressure = std::chrono::microseconds(4);
  expected.memory_pressure = std::chrono::microseconds(5);
  ASSERT_EQ(sample.workloads.size(), 1u);
  EXPECT_EQ(sample.workloads[0], expected);
}

TEST_F(CgroupSamplerV2, details_of_memory_are_read_when_it_moves_and_now_and_then) {
  fill("/job");
  CgroupSampler sampler(layout_, index_, 100);
  EXPECT_EQ(look(sampler).workloads.at(0).memory_working_set, Bytes{4000});

  tree_.write("/job/memory.current", "7000\n");
  tree_.write("/job/memory.stat", "anon 1\ninactive_file 2000\n");
  tree_.write("/job/memory.events", "low 0\noom 2\noom_kill 2\n");
  const auto moved = look(sampler).workloads.at(0);
  EXPECT_EQ(moved.memory_working_set, Bytes{5000});
  EXPECT_EQ(moved.oom_kills, 2u);

  tree_.write("/job/memory.stat", "anon 1\ninactive_file 3000\n");
  int turns = 1;
  while (look(sampler).workloads.at(0).memory_working_set != Bytes{4000}) ASSERT_LT(++turns, 100);
  EXPECT_GT(turns, 1);
  EXPECT_LE(turns, 10);
}

TEST_F(CgroupSamplerV2, what_the_hierarchy_does_not_offer_is_absent) {
  tree_.write("/bare/cpu.stat", "usage_usec 7\n");
  CgroupSampler sampler(layout_, index_, 100);
  const auto sample = look(sampler);
  ASSERT_EQ(sample.workloads.size(), 1u);
  EXPECT_EQ(sample.workloads[0].cpu_usage, std::chrono::microseconds(7));
  EXPECT_FALSE(sample.workloads[0].memory_current);
  EXPECT_FALSE(sample.workloads[0].memory_working_set);
  EXPECT_FALSE(sample.workloads[0].cpu_max_millicores);
}

TEST_F(CgroupSamplerV2, a_file_that_appears_later_is_read_from_then_on) {
  tree_.write("/job/cpu.stat", "usage_usec 7\n");
  CgroupSampler sampler(layout_, index_, 100);
  EXPECT_FALSE(look(sampler).workloads[0].cpu_max_millicores);
  tree_.write("/job/cpu.max", "50000 100000\n");
  EXPECT_EQ(look(sampler).workloads[0].cpu_max_millicores, std::optional<std::uint64_t>(500));
}

TEST_F(CgroupSamplerV2, follows_cgroups_that_come_go_and_are_replaced) {
  fill("/a");
  CgroupSampler sampler(layout_, index_, 100);
  EXPECT_EQ(look(sampler).workloads.size(), 1u);
  fill("/b");
  std::filesystem::rename(tree_.path("/a"), tree_.path("/moved"));
  fill("/a");
  tree_.write("/a/memory.current", "8000\n");
  tree_.remove("/moved");
  const auto sample = look(sampler);
  ASSERT_EQ(sample.workloads.size(), 2u);
  EXPECT_EQ(sample.workloads[0].memory_current, Bytes{8000});
  EXPECT_EQ(sample.workloads[1].cgroup, "/b");
}

TEST_F(CgroupSamplerV2, is_bounded_and_counts_what_it_left_out) {
  for (const std::string name : {"/a", "/b", "/c"}) fill(name);
  CgroupSampler sampler(layout_, index_, 2);
  EXPECT_EQ(look(sampler).workloads.size(), 2u);
  EXPECT_EQ(sampler.left_out(), 1u);
}

TEST_F(CgroupSamplerV2, works_with_hardly_any_descriptors) {
  for (const std::string name : {"/a", "/b", "/c"}) fill(name);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{40, before.rlim_max};  // one cgroup's files may stay open
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  CgroupSampler sampler(layout_, index_, 100);
  const auto first = look(sampler);
  const auto second = look(sampler);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(first.workloads.size(), 3u);
  EXPECT_EQ(second, first);
}

TEST(CgroupSamplerV1, throttling_is_read_again_as_long_as_a_quota_was_there) {
  const TemporaryTree tree;
  CgroupLayout layout;
  layout.kind = CgroupLayout::Kind::v1;
  layout.v1_roots["cpu"] = tree.path("/cpu");
  const auto set = [&](const std::string& quota, int throttled) {
    tree.write("/cpu/job/cpu.cfs_quota_us", quota + "\n");
    tree.write("/cpu/job/cpu.stat", "nr_periods 9\nnr_throttled " + std::to_string(throttled) +
                                        "\nthrottled_time 500\n");
  };
  tree.write("/cpu/job/cpu.cfs_period_us", "100000\n");
  set("-1", 1);
  CgroupIndex index(layout.workload_root(), 100);
  CgroupSampler sampler(layout, index, 100);
  const auto throttled = [&] { return look(sampler).workloads.at(0).throttled_periods; };
  EXPECT_EQ(throttled(), 1U);
  EXPECT_EQ(throttled(), 1U);
  set("50000", 2);
  EXPECT_EQ(throttled(), 2U);
  EXPECT_EQ(*look(sampler).workloads[0].cpu_max_millicores, 500U);
  set("-1", 3);
  EXPECT_EQ(throttled(), 3U) << "the last ones came while there was a quota";
}

TEST(CgroupSamplerV1, gathers_a_cgroup_from_the_trees_that_know_it) {
  const TemporaryTree tree;
  CgroupLayout layout;
  layout.kind = CgroupLayout::Kind::v1;
  for (const std::string name : {"cpu", "cpuacct", "memory"})
    layout.v1_roots[name] = tree.path("/" + name);
  tree.write("/cpu/job/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 500\n");
  tree.write("/cpu/job/cpu.cfs_quota_us", "-1\n");
  tree.write("/cpu/job/cpu.cfs_period_us", "100000\n");
  tree.write("/cpuacct/job/cpuacct.usage", "123456\n");
  CgroupIndex index(layout.workload_root(), 100);
  CgroupSampler sampler(layout, index, 100);

  const auto first = look(sampler);
  ASSERT_EQ(first.workloads.size(), 1u);
  EXPECT_EQ(first.workloads[0].cgroup_id, tree.inode("/cpu/job"));
  EXPECT_EQ(first.workloads[0].cpu_usage, Nanoseconds(123456));
  EXPECT_EQ(first.workloads[0].cpu_throttled, Nanoseconds(500));
  ASSERT_TRUE(first.workloads[0].cpu_max_millicores);
  EXPECT_EQ(*first.workloads[0].cpu_max_millicores, std::nullopt);
  EXPECT_FALSE(first.workloads[0].memory_current);

  // The same cgroup's memory directory is made a moment later.
  tree.write("/memory/job/memory.usage_in_bytes", "5000\n");
  tree.write("/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 3000\n");
  tree.write("/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  tree.write("/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  const auto second = look(sampler);
  EXPECT_EQ(second.workloads[0].memory_current, Bytes{5000});
  EXPECT_EQ(second.workloads[0].memory_working_set, Bytes{2000});
  EXPECT_EQ(second.workloads[0].oom_kills, 2u);
  ASSERT_TRUE(second.workloads[0].memory_max);
  EXPECT_EQ(*second.workloads[0].memory_max, std::nullopt);
  EXPECT_FALSE(second.workloads[0].memory_high);
}

}  // namespace
}  // namespace foreshock::agent
