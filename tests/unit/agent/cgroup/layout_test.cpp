#include "agent/cgroup/layout.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using Kind = CgroupLayout::Kind;

constexpr const char* kSeparateV1 =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr const char* kPureV2 =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";
constexpr const char* kSystemdHybrid =
    "32 24 0:28 / /sys/fs/cgroup/unified rw shared:8 - cgroup2 cgroup2 rw,nsdelegate\n"
    "33 24 0:29 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd\n"
    "38 24 0:34 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
    "39 24 0:35 / /sys/fs/cgroup/memory rw shared:16 - cgroup cgroup rw,memory\n";

TEST(CgroupLayout, v1_controllers_beside_a_bare_v2_are_hybrid_with_workloads_in_v1) {
  const CgroupLayout layout = parse_layout(kSeparateV1, "");
  EXPECT_EQ(layout.kind, Kind::hybrid);
  EXPECT_TRUE(layout.workloads_in_v1());
  EXPECT_EQ(layout.workload_root(), "/sys/fs/cgroup/cpu");
  EXPECT_EQ(layout.root_of("cpuacct"), "/sys/fs/cgroup/cpuacct");
  EXPECT_EQ(layout.root_of("memory"), "/sys/fs/cgroup/memory");
  EXPECT_TRUE(layout.is_v1("memory"));
  EXPECT_EQ(layout.root_of("pids"), std::nullopt);
  EXPECT_FALSE(layout.is_v1("pids"));
  EXPECT_FALSE(layout.v1_roots.contains("name=systemd"));
}

TEST(CgroupLayout, pure_v2_says_which_controllers_reach_children) {
  const CgroupLayout layout = parse_layout(kPureV2, "cpuset cpu io memory pids\n", "cpu memory\n");
  EXPECT_EQ(layout.kind, Kind::v2);
  EXPECT_FALSE(layout.workloads_in_v1());
  EXPECT_EQ(layout.workload_root(), "/sys/fs/cgroup");
  EXPECT_EQ(layout.root_of("memory"), "/sys/fs/cgroup");
  EXPECT_FALSE(layout.is_v1("memory"));
  EXPECT_TRUE(layout.v2_controllers.at("cpu"));
  EXPECT_FALSE(layout.v2_controllers.at("io"));
}

TEST(CgroupLayout, controllers_mounted_together_share_a_root) {
  const CgroupLayout layout = parse_layout(kSystemdHybrid, "");
  EXPECT_EQ(layout.root_of("cpu"), "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout.root_of("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout.kind, Kind::hybrid);
}

TEST(CgroupLayout, a_controller_in_v2_is_taken_there_while_another_is_in_v1) {
  const CgroupLayout layout = parse_layout(kSystemdHybrid, "cpu\n");
  EXPECT_FALSE(layout.workloads_in_v1());
  EXPECT_EQ(layout.workload_root(), "/sys/fs/cgroup/unified");
  EXPECT_FALSE(layout.is_v1("cpu"));
  EXPECT_TRUE(layout.is_v1("memory"));
}

TEST(CgroupLayout, v1_alone_and_nothing_at_all) {
  EXPECT_EQ(parse_layout("39 24 0:35 / /cg/memory rw - cgroup cgroup rw,memory\n", "").kind,
            Kind::v1);
  const CgroupLayout none = parse_layout("", "cpu");
  EXPECT_EQ(none.kind, Kind::none);
  EXPECT_EQ(none.workload_root(), "");
  EXPECT_TRUE(none.v2_controllers.empty());
}

TEST(CgroupLayout, mount_points_are_unescaped_and_the_whole_tree_wins) {
  const CgroupLayout layout = parse_layout(
      "1 0 0:1 /docker/x /a rw - cgroup cgroup rw,cpu\n"
      "2 0 0:1 / /with\\040blank rw - cgroup cgroup rw,cpu\n",
      "");
  EXPECT_EQ(layout.root_of("cpu"), "/with blank");
}

TEST(CgroupLayout, hostile_lines_are_passed_over) {
  for (const auto* text : {"-", "- - - -", "1 2 3 4 5 - cgroup", "1 2 3 4 5 6 -", "\n\n",
                           "1 2 3 / /x\\04 6 - cgroup c"}) {
    EXPECT_EQ(parse_layout(text, "cpu").kind, Kind::none) << text;
  }
}

TEST(CgroupLayout, membership_is_the_path_in_the_workload_hierarchy) {
  constexpr std::string_view kText =
      "8:pids:/p\n4:memory:/m\n2:cpu,cpuacct:/a:b/c\n1:name=systemd:/s\n0::/user.slice/x\n";
  EXPECT_EQ(parse_membership(kText, true), "/a:b/c");
  EXPECT_EQ(parse_membership(kText, false), "/user.slice/x");
  EXPECT_EQ(parse_membership("3:cpuset:/x\n", true), std::nullopt);
  EXPECT_EQ(parse_membership("nonsense\n:\n", true), std::nullopt);
}

TEST(CgroupLayout, reads_the_mount_table_and_the_v2_roots_own_files) {
  char name[] = "/tmp/foreshock-layout-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  const std::filesystem::path root(name);
  std::filesystem::create_directories(root / "proc/self");
  std::filesystem::create_directories(root / "cgroup");
  std::ofstream(root / "proc/self/mountinfo")
      << "30 23 0:26 / " << (root / "cgroup").string() << " rw - cgroup2 cgroup2 rw\n";
  std::ofstream(root / "cgroup/cgroup.controllers") << "cpu memory\n";
  std::ofstream(root / "cgroup/cgroup.subtree_control") << "memory\n";
  const auto layout = read_layout((root / "proc").string());
  std::filesystem::remove_all(root);
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_EQ(layout->kind, Kind::v2);
  EXPECT_FALSE(layout->v2_controllers.at("cpu"));
  EXPECT_TRUE(layout->v2_controllers.at("memory"));
  EXPECT_EQ(read_layout((root / "proc").string()).error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace foreshock::agent
