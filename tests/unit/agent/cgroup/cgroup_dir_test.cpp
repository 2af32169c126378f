#include "agent/cgroup/cgroup_dir.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

TEST(CgroupDir, one_spelling_of_a_path_is_canonical) {
  for (const auto* path : {"/", "/a", "/a/b.slice", "/a/..b", "/a/x\\x2dy"}) {
    EXPECT_TRUE(is_canonical_cgroup_path(path)) << path;
  }
  for (const auto* path :
       {"", "a", "//", "/a/", "//a", "/a//b", "/.", "/a/./b", "/..", "/a/../b", "/a\nb"}) {
    EXPECT_FALSE(is_canonical_cgroup_path(path)) << path;
  }
  EXPECT_FALSE(is_canonical_cgroup_path(std::string_view("/a\0b", 4)));
  EXPECT_FALSE(is_canonical_cgroup_path("/" + std::string(5000, 'a')));
}

TEST(CgroupDir, reads_and_writes_files_of_the_open_directory) {
  const TemporaryTree tree;
  tree.write("/a/b/cpu.max", "max 100000\n");
  const auto dir = CgroupDir::open(tree.root(), "/a/b");
  ASSERT_TRUE(dir) << dir.error().message();
  EXPECT_EQ(dir->path(), "/a/b");
  EXPECT_EQ(dir->id(), tree.inode("/a/b"));
  ASSERT_TRUE(dir->write("cpu.max", "50000 100000"));
  EXPECT_EQ(*dir->read("cpu.max"), "50000 100000");
}

TEST(CgroupDir, the_root_is_a_cgroup_too) {
  const TemporaryTree tree;
  EXPECT_EQ(CgroupDir::open(tree.root(), "/")->id(), tree.inode("/"));
}

TEST(CgroupDir, stays_with_its_directory_when_the_path_changes_hands) {
  const TemporaryTree tree;
  tree.write("/a/value", "first");
  const auto dir = CgroupDir::open(tree.root(), "/a");
  ASSERT_TRUE(dir);
  std::filesystem::rename(tree.path("/a"), tree.path("/b"));
  tree.write("/a/value", "second");
  EXPECT_EQ(*dir->read("value"), "first");
  EXPECT_NE(CgroupDir::open(tree.root(), "/a")->id(), dir->id());
}

TEST(CgroupDir, follows_no_link_and_leaves_the_root_by_no_path) {
  const TemporaryTree tree;
  tree.write("/a/value", "1");
  std::filesystem::create_directory_symlink(tree.path("/a"), tree.path("/link"));
  std::filesystem::create_directory_symlink("/", tree.path("/a/out"));
  EXPECT_FALSE(CgroupDir::open(tree.root(), "/link"));
  EXPECT_FALSE(CgroupDir::open(tree.root(), "/a/out/proc"));
  EXPECT_EQ(CgroupDir::open(tree.root(), "/a/../a").error().code(), ErrorCode::invalid_argument);
}

TEST(CgroupDir, what_is_missing_is_not_found_and_named) {
  const TemporaryTree tree;
  const auto gone = CgroupDir::open(tree.root(), "/gone");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::not_found);
  EXPECT_NE(gone.error().message().find("/gone"), std::string::npos);
  tree.make("/a");
  const auto missing = CgroupDir::open(tree.root(), "/a")->read("cpu.max");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
  EXPECT_NE(missing.error().message().find("/a"), std::string::npos);
}

}  // namespace
}  // namespace foreshock::agent
