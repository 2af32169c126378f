#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "agent/capture/bpf_event_source.h"
#include "common/os/file.h"
#include "tests/integration/kernel/capture/captured_processes.h"

namespace foreshock::agent {
namespace {

class PinnedTest : public BpfEventSourceTest {
 protected:
  void SetUp() override {
    BpfEventSourceTest::SetUp();
    if (IsSkipped()) return;
    std::string name = std::filesystem::temp_directory_path() / "foreshock-bpffs-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    mount_point_ = name;
    if (::mount("bpf", mount_point_.c_str(), "bpf", 0, nullptr) != 0) {
      GTEST_SKIP() << "needs to mount a BPF file system: " << error_from_errno("mount").message();
    }
    mounted_ = true;
    options_.pin_directory = mount_point_ + "/foreshock";
  }
  void TearDown() override {
    if (mounted_) {
      // Its pins go with it, and with them the programs.
      EXPECT_EQ(::umount(mount_point_.c_str()), 0);
    }
    if (!mount_point_.empty()) ::rmdir(mount_point_.c_str());
  }

  /// A reader in a process of its own that drains without releasing until it is killed in the midst
  /// of it.
  void let_a_reader_be_killed(const std::function<void()>& meanwhile) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t reader = ::fork();
    if (reader == 0) {
      auto source = BpfEventSource::make(options_);
      if (!source) {
        std::cerr << source.error().message() << std::endl;
        ::_exit(1);
      }
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      while (true) {
        if (!(*source)->drain([](ProcessEvent&&) { return true; })) ::_exit(1);
        ::usleep(1000);
      }
    }
    ::close(ready[1]);
    char byte = 0;
    const bool is_reading = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    ASSERT_TRUE(is_reading) << "the reader could not start";
    meanwhile();
    ::kill(reader, SIGKILL);
    EXPECT_EQ(WTERMSIG(wait_for(static_cast<std::uint32_t>(reader)).status), SIGKILL);
  }

  std::string mount_point_;
  bool mounted_ = false;
  BpfEventSource::Options options_;
};

TEST_F(PinnedTest, delivers_everything_to_the_successor_of_a_killed_reader) {
  std::set<std::uint32_t> pids;
  const auto run_some = [&pids] {
    for (int i = 0; i < 200; ++i) pids.insert(run({"subject", "exit", "0"}).pid);
  };
  ASSERT_NO_FATAL_FAILURE(let_a_reader_be_killed(run_some));
  run_some();  // nobody reads now

  const auto successor = make(options_);
  EXPECT_TRUE(successor->resumed());
  run_some();
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*successor, pids));
  EXPECT_EQ(pids.size(), 600u);
  expect_each_once(captured, pids);
  EXPECT_EQ(successor->stats().lost_execs, 0u);
}

TEST_F(PinnedTest, delivers_again_only_what_was_not_released) {
  Captured first;
  std::set<std::uint32_t> released;
  std::set<std::uint32_t> unreleased;
  {
    const auto source = make(options_);
    EXPECT_FALSE(source->resumed());
    for (int i = 0; i < 50; ++i) released.insert(run({"subject", "exit", "0"}).pid);
    ASSERT_NO_FATAL_FAILURE(first.drain_until_exits(*source, released));
    source->release_through(source->position());
    for (int i = 0; i < 50; ++i) unreleased.insert(run({"subject", "exit", "0"}).pid);
    ASSERT_NO_FATAL_FAILURE(first.drain_until_exits(*source, unreleased));
  }
  const auto successor = make(options_);
  EXPECT_TRUE(successor->resumed());
  Captured second;
  ASSERT_NO_FATAL_FAILURE(second.drain_until_exits(*successor, unreleased));
  expect_each_once(second, unreleased);
  EXPECT_TRUE(second.execs_of(released).empty());
  EXPECT_TRUE(second.exits_of(released).empty());
}

TEST_F(PinnedTest, leaves_nothing_after_detach) {
  {
    const auto source = make(options_);
    EXPECT_TRUE(std::filesystem::exists(options_.pin_directory));
    ASSERT_TRUE(source->detach());
    EXPECT_FALSE(std::filesystem::exists(options_.pin_directory));
  }
  run({"subject", "exit", "0"});
  const auto fresh = make(options_);
  EXPECT_FALSE(fresh->resumed());
  ASSERT_TRUE(fresh->detach());
}

TEST_F(PinnedTest, replaces_programs_with_other_options_and_delivers_what_they_had) {
  std::set<std::uint32_t> pids;
  {
    const auto source = make(options_);
    for (int i = 0; i < 50; ++i) pids.insert(run({"subject", "exit", "0"}).pid);
  }
  options_.ring_bytes = 1u << 20;
  const auto other = make(options_);
  EXPECT_FALSE(other->resumed());
  for (int i = 0; i < 50; ++i) pids.insert(run({"subject", "exit", "0"}).pid);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*other, pids));
  expect_each_once(captured, pids);
}

TEST_F(PinnedTest, replaces_what_a_crash_left_half_pinned) {
  { const auto source = make(options_); }
  ASSERT_EQ(::unlink((options_.pin_directory + "/exit_link").c_str()), 0);
  const auto source = make(options_);
  EXPECT_FALSE(source->resumed());
  const auto ended = run({"subject", "exit", "0"});
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {ended.pid}));
}

TEST_F(PinnedTest, tells_losses_once_over_two_readers) {
  options_.ring_bytes = 4096;
  std::uint64_t told = 0;
  {
    const auto source = make(options_);
    for (int i = 0; i < 50; ++i) run({"subject", "exit", "0"});
    told = source->stats().lost_execs;
    EXPECT_GT(told, 0u);
    EXPECT_GE(source->stats().lost_execs, told)
        << "counts since the source was made, not since the last call";
  }
  for (int i = 0; i < 50; ++i) run({"subject", "exit", "0"});
  const auto successor = make(options_);
  const auto lost = successor->stats().lost_execs;
  EXPECT_GE(lost, 50u) << "those while nobody was there";
  EXPECT_LT(lost, 50u + told) << "those told before are not told again";
}

TEST_F(PinnedTest, refuses_a_directory_that_a_live_agent_uses) {
  const auto source = make(options_);
  const auto second = BpfEventSource::make(options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos)
      << second.error().message();
}

TEST_F(PinnedTest, says_how_to_mount_what_is_missing) {
  ASSERT_EQ(::umount(mount_point_.c_str()), 0);
  mounted_ = false;
  const auto source = BpfEventSource::make(options_);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), ErrorCode::unsupported);
  EXPECT_NE(source.error().message().find("mount -t bpf bpf " + mount_point_), std::string::npos)
      << source.error().message();
}

}  // namespace
}  // namespace foreshock::agent
