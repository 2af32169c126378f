#include "agent/cgroup/cgroup_index.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

std::vector<std::string> paths_in(const CgroupIndex& index) {
  std::vector<std::string> paths;
  for (const auto& entry : index.entries()) paths.push_back(entry.path);
  return paths;
}

TEST(CgroupIndex, lists_parents_before_children_the_root_first) {
  const TemporaryTree tree;
  tree.make("/b/x");
  tree.make("/a/y/z");
  tree.write("/a/cgroup.procs", "1\n");
  const CgroupIndex index(tree.root(), 100);
  EXPECT_EQ(paths_in(index), (std::vector<std::string>{"/", "/a", "/b", "/a/y", "/b/x", "/a/y/z"}));
  EXPECT_EQ(index.left_out(), 0u);
}

TEST(CgroupIndex, finds_path_by_id_and_id_by_path) {
  const TemporaryTree tree;
  tree.make("/a/y");
  CgroupIndex index(tree.root(), 100);
  EXPECT_EQ(index.path_of(tree.inode("/a/y")), "/a/y");
  EXPECT_EQ(index.path_of(tree.inode("/")), "/");
  EXPECT_EQ(index.id_of("/a/y"), tree.inode("/a/y"));
  EXPECT_EQ(index.id_of("/gone"), std::nullopt);
  EXPECT_TRUE(index.has(tree.inode("/a")));
}

TEST(CgroupIndex, an_unknown_id_makes_it_look_again) {
  const TemporaryTree tree;
  CgroupIndex index(tree.root(), 100);
  tree.make("/new");
  const std::uint64_t id = tree.inode("/new");
  std::string path;
  for (int turn = 0; turn < 200 && path.empty(); ++turn) {
    path = index.path_of(id);
    if (path.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(path, "/new");
}

TEST(CgroupIndex, remembers_the_path_of_what_has_vanished) {
  const TemporaryTree tree;
  tree.make("/job");
  const std::uint64_t id = tree.inode("/job");
  CgroupIndex index(tree.root(), 100);
  std::filesystem::rename(tree.path("/job"), tree.path("/renamed"));
  tree.make("/job");  // holds on to a different inode
  index.refresh();
  EXPECT_EQ(index.path_of(id), "/renamed");
  const TemporaryTree elsewhere;
  std::filesystem::rename(tree.path("/renamed"), elsewhere.path("/kept"));
  index.refresh();
  EXPECT_FALSE(index.has(id));
  EXPECT_EQ(index.path_of(id), "/renamed");
}

TEST(CgroupIndex, one_in_the_place_of_another_is_found) {
  const TemporaryTree tree;
  const TemporaryTree elsewhere;
  tree.make("/old");
  CgroupIndex index(tree.root(), 100);
  std::filesystem::rename(tree.path("/old"), elsewhere.path("/old"));
  tree.make("/new");
  index.refresh();
  EXPECT_FALSE(index.id_of("/old")) << "what is gone is seen at once";
  for (int look = 0; look < 10 && !index.id_of("/new"); ++look) index.refresh();
  EXPECT_EQ(index.id_of("/new"), tree.inode("/new"));
}

TEST(CgroupIndex, forgets_the_oldest_of_the_vanished_first) {
  const TemporaryTree tree;
  const TemporaryTree elsewhere;  // moved there, so that no inode is used again
  CgroupIndex index(tree.root(), 3);
  std::vector<std::uint64_t> ids;
  for (const std::string name : {"/a", "/b", "/c", "/d"}) {
    tree.make(name);
    ids.push_back(tree.inode(name));
    index.refresh();
    std::filesystem::rename(tree.path(name), elsewhere.path(name));
    index.refresh();
  }
  EXPECT_EQ(index.path_of(ids[0]), "");
  EXPECT_EQ(index.path_of(ids[1]), "/b");
  EXPECT_EQ(index.path_of(ids[3]), "/d");
}

TEST(CgroupIndex, is_bounded_and_counts_what_it_left_out) {
  const TemporaryTree tree;
  for (const std::string name : {"/a", "/b", "/c", "/a/deep"}) tree.make(name);
  const CgroupIndex index(tree.root(), 3);
  EXPECT_EQ(paths_in(index), (std::vector<std::string>{"/", "/a", "/b"}));
  EXPECT_EQ(index.left_out(), 2u);
}

TEST(CgroupIndex, follows_no_links_and_survives_a_missing_root) {
  const TemporaryTree tree;
  tree.make("/a");
  std::filesystem::create_directory_symlink(tree.root(), tree.path("/a/loop"));
  EXPECT_EQ(paths_in(CgroupIndex(tree.root(), 100)), (std::vector<std::string>{"/", "/a"}));
  EXPECT_TRUE(CgroupIndex("/no/such/root", 100).entries().empty());
}

}  // namespace
}  // namespace foreshock::agent
