#include "agent/binaries/binary_catalog.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class BinaryCatalogTest : public testing::Test {
 protected:
  BinaryCatalogTest() { clock_.advance(hours(1)); }

  BinaryCatalog make(BinaryCatalog::Options options = {}) {
    return {options,
            [this](const Execution& execution) -> Result<UniqueFd> {
              return open_at(AT_FDCWD, tree_.path(execution.filename), O_RDONLY);
            },
            [this](int) -> Result<BinaryProfile> {
              ++descriptions_;
              if (refuses_) return Error(refusal_, "not a program");
              BinaryProfile profile;
              profile.id = descriptions_;
              return profile;
            },
            clock_};
  }
  static Execution run_of(const std::string& filename, std::uint64_t cgroup_id = 1) {
    Execution execution;
    execution.filename = filename;
    execution.facts.cgroup_id = cgroup_id;
    return execution;
  }
  static void work_off(BinaryCatalog& catalog) {
    while (catalog.open_next() || catalog.describe_next()) {
    }
  }

  TemporaryTree tree_;
  FakeClock clock_;
  std::uint64_t descriptions_ = 0;
  bool refuses_ = false;
  ErrorCode refusal_ = ErrorCode::unsupported;
};

TEST_F(BinaryCatalogTest, knows_a_binary_once_it_was_described) {
  tree_.write("/bin/tool", "x");
  auto catalog = make();
  EXPECT_EQ(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 0u);
  work_off(catalog);
  EXPECT_EQ(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 1u);
  const auto described = catalog.take_described();
  ASSERT_EQ(described.size(), 1u);
  EXPECT_EQ(described[0].path, "/bin/tool");
  EXPECT_TRUE(catalog.take_described().empty());
}

TEST_F(BinaryCatalogTest, describes_a_file_once_whatever_it_is_called) {
  tree_.write("/bin/tool", "x");
  ASSERT_EQ(::link(tree_.path("/bin/tool").c_str(), tree_.path("/bin/other").c_str()), 0);
  auto catalog = make();
  for (const char* name : {"/bin/tool", "/bin/other"}) {
    for (const std::uint64_t cgroup : {1, 2})
      catalog.id_of(run_of(name, cgroup), clock_.boot_now());
  }
  work_off(catalog);
  EXPECT_EQ(descriptions_, 1u);
  EXPECT_EQ(catalog.id_of(run_of("/bin/other", 2), clock_.boot_now()), 1u);
}

TEST_F(BinaryCatalogTest, notices_that_a_file_was_replaced) {
  tree_.write("/bin/tool", "x");
  auto catalog = make();
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  tree_.write("/bin/tool", "longer");
  EXPECT_EQ(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 1u);
  EXPECT_FALSE(catalog.open_next()) << "it does not look at each run";
  clock_.advance(minutes(11));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_EQ(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 2u);
}

TEST_F(BinaryCatalogTest, tells_again_what_is_still_executed_after_a_day) {
  tree_.write("/bin/tool", "x");
  auto catalog = make();
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_EQ(catalog.take_described().size(), 1u);
  clock_.advance(hours(25));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_EQ(catalog.take_described().size(), 1u);
}

TEST_F(BinaryCatalogTest, a_script_or_what_is_gone_has_none_and_is_not_tried_again_at_once) {
  tree_.write("/bin/script", "#!/bin/sh");
  refuses_ = true;
  auto catalog = make();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(catalog.id_of(run_of("/bin/script"), clock_.boot_now()), 0u);
    EXPECT_EQ(catalog.id_of(run_of("/bin/gone"), clock_.boot_now()), 0u);
    EXPECT_EQ(catalog.id_of(run_of(""), clock_.boot_now()), 0u);
    work_off(catalog);
  }
  EXPECT_EQ(descriptions_, 1u);
  EXPECT_TRUE(catalog.take_described().empty());
}

TEST_F(BinaryCatalogTest, what_could_not_be_described_just_now_is_tried_again) {
  tree_.write("/bin/tool", "x");
  refuses_ = true;
  refusal_ = ErrorCode::unavailable;
  auto catalog = make();
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  refuses_ = false;
  clock_.advance(seconds(21));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_NE(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 0u);
}

TEST_F(BinaryCatalogTest, a_file_that_was_gone_is_looked_for_again_soon) {
  auto catalog = make();
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  tree_.write("/bin/tool", "x");
  clock_.advance(seconds(19));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_EQ(descriptions_, 0u);
  clock_.advance(seconds(2));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_NE(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 0u);
}

TEST_F(BinaryCatalogTest, what_was_known_stays_so_while_its_file_cannot_be_opened) {
  tree_.write("/bin/tool", "x");
  auto catalog = make();
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  ASSERT_EQ(::unlink(tree_.path("/bin/tool").c_str()), 0);
  clock_.advance(minutes(11));
  catalog.id_of(run_of("/bin/tool"), clock_.boot_now());
  work_off(catalog);
  EXPECT_EQ(catalog.id_of(run_of("/bin/tool"), clock_.boot_now()), 1u);
}

TEST_F(BinaryCatalogTest, a_file_is_opened_before_what_waits_is_described) {
  tree_.write("/bin/first", "x");
  tree_.write("/bin/brief", "y");
  auto catalog = make();
  catalog.id_of(run_of("/bin/first"), clock_.boot_now());
  catalog.id_of(run_of("/bin/brief"), clock_.boot_now());
  while (catalog.open_next()) {
  }
  ASSERT_EQ(::unlink(tree_.path("/bin/brief").c_str()), 0);
  work_off(catalog);
  EXPECT_EQ(catalog.id_of(run_of("/bin/brief"), clock_.boot_now()), 2u);
}

TEST_F(BinaryCatalogTest, keeps_few_files_open) {
  tree_.write("/bin/first", "x");
  tree_.write("/bin/second", "y");
  auto catalog = make({.most_open = 1});
  catalog.id_of(run_of("/bin/first"), clock_.boot_now());
  catalog.id_of(run_of("/bin/second"), clock_.boot_now());
  EXPECT_TRUE(catalog.open_next());
  EXPECT_FALSE(catalog.open_next());
  work_off(catalog);
  EXPECT_EQ(descriptions_, 2u);
}

TEST_F(BinaryCatalogTest, is_bounded) {
  auto catalog = make({.most_names = 4, .most_waiting = 2});
  for (int i = 0; i < 50; ++i)
    catalog.id_of(run_of("/bin/" + std::to_string(i)), clock_.boot_now());
  int looks = 0;
  while (catalog.open_next()) ++looks;
  EXPECT_EQ(looks, 2);
}

TEST_F(BinaryCatalogTest, opens_a_file_of_the_process_s_own_root) {
  Execution execution = run_of("/bin/tool");
  execution.facts.process.pid = 7;
  execution.facts.parent.pid = 3;
  tree_.write("/proc/3/root/bin/tool", "of the parent");
  EXPECT_TRUE(open_executed(tree_.path("/proc"), execution)) << "the process itself has ended";
  tree_.write("/proc/7/root/usr/bin/tool", "of the process");
  ASSERT_EQ(::symlink("/usr/bin", tree_.path("/proc/7/root/bin").c_str()), 0);
  const auto file = open_executed(tree_.path("/proc"), execution);
  ASSERT_TRUE(file);
  EXPECT_EQ(*read_from_start(file->get()), "of the process") << "a link stays in that root";
  execution.filename = "tool";
  EXPECT_FALSE(open_executed(tree_.path("/proc"), execution)) << "relative, to nobody knows where";
  execution.cwd = "/usr/bin";
  EXPECT_TRUE(open_executed(tree_.path("/proc"), execution));
}

}  // namespace
}  // namespace foreshock::agent
