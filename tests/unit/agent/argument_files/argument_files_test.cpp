#include "agent/argument_files/argument_files.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

using std::chrono::seconds;

const BootTime kNow{seconds(100)};

TEST(ArgumentFiles, adds_up_the_regular_files_that_the_arguments_name) {
  TemporaryTree tree;
  tree.write("/src/a.cpp", std::string(1000, 'x'));
  tree.write("/src/b.cpp", std::string(300, 'x'));
  tree.make("/src/lib.d");
  ArgumentFiles files;
  const auto found = files.measure(make_argv({"gcc", "-c", "a.cpp", tree.path("/src/b.cpp"),
                                              "lib.d", "gone.cpp", "-o.o", "build"}),
                                   tree.path("/src"), kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 2u);
  EXPECT_EQ(found->total.count, 1300u);
  EXPECT_EQ(found->largest.count, 1000u);
}

TEST(ArgumentFiles, looks_behind_an_option_and_counts_a_file_once) {
  TemporaryTree tree;
  tree.write("/in.img", std::string(10, 'x'));
  ArgumentFiles files;
  const auto path = tree.path("/in.img");
  const auto found =
      files.measure(make_argv({"dd", "if=" + path, "--input=" + path, path}), "", kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 1u);
}

TEST(ArgumentFiles, ignores_addresses_and_relative_names_without_a_directory) {
  ArgumentFiles files;
  const auto found =
      files.measure(make_argv({"curl", "http://localhost/etc/passwd", "x.txt"}), "", kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->count, 0u);
}

TEST(ArgumentFiles, looks_no_more_often_than_its_budget_which_fills_again) {
  ArgumentFiles files({.words_per_command = 4, .looks_per_second = 5});
  const auto argv = make_argv({"cat", "/a", "/b", "/c"});
  EXPECT_TRUE(files.measure(argv, "", kNow));
  EXPECT_FALSE(files.measure(argv, "", kNow));
  EXPECT_TRUE(files.measure(argv, "", kNow + seconds(1)));
}

}  // namespace
}  // namespace foreshock::agent
