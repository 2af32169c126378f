#include <algorithm>

#include <gtest/gtest.h>

#include "agent/actuate/actuator.h"
#include "agent/actuate/target_dir.h"
#include "tests/unit/agent/actuate/fake_hierarchy.h"

namespace foreshock::agent {
namespace {

using Version = FakeHierarchy::Version;

Actuator& find(const std::vector<std::unique_ptr<Actuator>>& actuators, Knob knob) {
  const auto found =
      std::ranges::find(actuators, knob, [](const auto& one) { return one->knob(); });
  EXPECT_NE(found, actuators.end());
  return **found;
}

TEST(Actuators, v2_writes_its_files_and_keeps_the_period) {
  const FakeHierarchy host(Version::v2);
  const CgroupTarget job = host.add("/job");
  const auto actuators = make_actuators(host.layout());
  Actuator& cpu = find(actuators, Knob::cpu_max);
  EXPECT_EQ(*cpu.read(job), std::nullopt);
  EXPECT_EQ(*cpu.apply(job, 1500), 1500u);
  EXPECT_EQ(host.tree().read("/job/cpu.max"), "75000 50000");
  EXPECT_EQ(*cpu.apply(job, std::nullopt), std::nullopt);
  EXPECT_EQ(host.tree().read("/job/cpu.max"), "max 50000");
  EXPECT_EQ(*find(actuators, Knob::cpu_weight).apply(job, 250), 250u);
  EXPECT_EQ(host.tree().read("/job/cpu.weight"), "250");
  EXPECT_EQ(*find(actuators, Knob::memory_max).apply(job, 4096), 4096u);
  EXPECT_EQ(host.tree().read("/job/memory.max"), "4096");
  EXPECT_EQ(*find(actuators, Knob::memory_high).apply(job, std::nullopt), std::nullopt);
  EXPECT_EQ(host.tree().read("/job/memory.high"), "max");
}

TEST(Actuators, v1_writes_its_files_and_has_no_memory_high) {
  const FakeHierarchy host(Version::v1);
  const CgroupTarget job = host.add("/job");
  const auto actuators = make_actuators(host.layout());
  Actuator& cpu = find(actuators, Knob::cpu_max);
  EXPECT_EQ(*cpu.read(job), std::nullopt);
  EXPECT_EQ(*cpu.apply(job, 300), 300u);
  EXPECT_EQ(host.tree().read("/cpu/job/cpu.cfs_quota_us"), "15000");
  EXPECT_EQ(*cpu.apply(job, std::nullopt), std::nullopt);
  EXPECT_EQ(host.tree().read("/cpu/job/cpu.cfs_quota_us"), "-1");
  EXPECT_EQ(*find(actuators, Knob::cpu_weight).apply(job, 200), 200u);
  EXPECT_EQ(host.tree().read("/cpu/job/cpu.shares"), "2048");
  EXPECT_EQ(*find(actuators, Knob::memory_max).apply(job, 4096), 4096u);
  EXPECT_EQ(host.tree().read("/memory/job/memory.limit_in_bytes"), "4096");
  EXPECT_TRUE(std::ranges::none_of(
      actuators, [](const auto& one) { return one->knob() == Knob::memory_high; }));
}

TEST(Actuators, a_host_without_cgroups_has_none) {
  EXPECT_TRUE(make_actuators(CgroupLayout{}).empty());
}

TEST(Actuators, tell_where_the_file_is) {
  const FakeHierarchy host(Version::v1);
  const auto actuators = make_actuators(host.layout());
  EXPECT_EQ(find(actuators, Knob::memory_max).file_of({"/a/b", 1}),
            host.tree().path("/memory/a/b/memory.limit_in_bytes"));
}

TEST(Actuators, write_nothing_to_a_cgroup_that_was_replaced_or_is_gone) {
  for (const Version version : {Version::v1, Version::v2}) {
    const FakeHierarchy host(version);
    CgroupTarget job = host.add("/job");
    ++job.id;
    const auto actuators = make_actuators(host.layout());
    for (const auto& actuator : actuators) {
      EXPECT_EQ(actuator->apply(job, 4096).error().code(), ErrorCode::conflict);
      EXPECT_EQ(actuator->apply({"/gone", 1}, 4096).error().code(), ErrorCode::not_found);
    }
    const std::string file = version == Version::v1 ? "/cpu/job/cpu.cfs_quota_us" : "/job/cpu.max";
    EXPECT_EQ(host.tree().read(file), version == Version::v1 ? "-1\n" : "max 50000\n");
  }
}

TEST(Actuators, a_cgroup_without_the_controllers_file_is_unsupported) {
  const FakeHierarchy v2(Version::v2);
  const CgroupTarget job = v2.add("/job");
  v2.tree().remove("/job/cpu.max");
  const auto in_v2 = make_actuators(v2.layout());
  EXPECT_EQ(find(in_v2, Knob::cpu_max).read(job).error().code(), ErrorCode::unsupported);

  const FakeHierarchy v1(Version::v1);
  const CgroupTarget other = v1.add("/job");
  v1.tree().remove("/memory/job");
  const auto in_v1 = make_actuators(v1.layout());
  EXPECT_EQ(find(in_v1, Knob::memory_max).apply(other, 4096).error().code(),
            ErrorCode::unsupported);
}

TEST(Actuators, a_file_that_says_nonsense_is_corrupt_and_not_written) {
  const FakeHierarchy host(Version::v2);
  const CgroupTarget job = host.add("/job");
  host.tree().write("/job/cpu.max", "lots\n");
  const auto actuators = make_actuators(host.layout());
  EXPECT_EQ(find(actuators, Knob::cpu_max).apply(job, 500).error().code(), ErrorCode::corrupt);
  EXPECT_EQ(host.tree().read("/job/cpu.max"), "lots\n");
}

TEST(Actuators, a_number_that_no_kernel_takes_is_refused_before_the_write) {
  for (const Version version : {Version::v1, Version::v2}) {
    const FakeHierarchy host(version);
    const CgroupTarget job = host.add("/job");
    const auto actuators = make_actuators(host.layout());
    EXPECT_EQ(find(actuators, Knob::cpu_max).apply(job, ~std::uint64_t{0}).error().code(),
              ErrorCode::invalid_argument);
    EXPECT_EQ(find(actuators, Knob::cpu_weight).apply(job, std::nullopt).error().code(),
              ErrorCode::invalid_argument);
  }
}

TEST(Actuators, the_working_set_is_read_in_the_memory_tree) {
  for (const Version version : {Version::v1, Version::v2}) {
    const FakeHierarchy host(version);
    const CgroupTarget job = host.add("/job", 7000);
    EXPECT_EQ(*read_working_set(host.layout(), job), Bytes{7000});
  }
}

}  // namespace
}  // namespace foreshock::agent
