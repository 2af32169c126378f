// What the tests of the BPF event source share: processes that end in known ways, and what was
// captured of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/capture/bpf_event_source.h"

extern char** environ;

namespace foreshock::agent {

using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(30);
const inline std::string kSubject = CAPTURE_SUBJECT;

// ---- processes ----

struct Ended {
  std::uint32_t pid = 0;
  int status = 0;
  rusage usage{};
};

inline std::uint32_t start(const std::vector<std::string>& words,
                           const std::string& file = kSubject) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, file.c_str(), nullptr, nullptr, argv.data(), environ), 0) << file;
  return static_cast<std::uint32_t>(pid);
}

inline Ended wait_for(std::uint32_t pid) {
  Ended ended{.pid = pid};
  EXPECT_EQ(::wait4(static_cast<pid_t>(pid), &ended.status, 0, &ended.usage),
            static_cast<pid_t>(pid));
  return ended;
}

inline Ended run(const std::vector<std::string>& words) {
  return wait_for(start(words));
}

inline double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

inline void kill_and_wait(std::uint32_t pid) {
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  wait_for(pid);
}

// ---- what was captured ----

struct Captured {
  std::vector<ExecEvent> execs;
  std::vector<ExitEvent> exits;

  /// Drains once; stops taking at `most` events.
  void drain(BpfEventSource& source, std::size_t most = SIZE_MAX) {
    std::size_t taken = 0;
    const auto drained = source.drain([&](ProcessEvent&& event) {
      if (taken == most) return false;
      ++taken;
      if (auto* exec = std::get_if<ExecEvent>(&event)) execs.push_back(std::move(*exec));
      if (auto* exit = std::get_if<ExitEvent>(&event)) exits.push_back(std::move(*exit));
      return true;
    });
    ASSERT_TRUE(drained) << drained.error().message();
    EXPECT_EQ(*drained, taken);
  }

  /// Drains until the exits of all these were seen.
  void drain_until_exits(BpfEventSource& source, const std::set<std::uint32_t>& pids) {
    const auto give_up = steady_clock::now() + kPatience;
    while (steady_clock::now() < give_up) {
      drain(source);
      if (testing::Test::HasFatalFailure() || exits_of(pids).size() >= pids.size()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "exits did not arrive";
  }

  std::vector<ExecEvent> execs_of(const std::set<std::uint32_t>& pids) const {
    std::vector<ExecEvent> found;
    for (const auto& exec : execs) {
      if (pids.contains(exec.facts.process.pid)) found.push_back(exec);
    }
    return found;
  }
  std::vector<ExitEvent> exits_of(const std::set<std::uint32_t>& pids) const {
    std::vector<ExitEvent> found;
    for (const auto& exit : exits) {
      if (pids.contains(exit.facts.process.pid)) found.push_back(exit);
    }
    return found;
  }
};

inline void expect_each_once(const Captured& captured, const std::set<std::uint32_t>& pids) {
  std::map<ProcessKey, int> execs;
  std::map<ProcessKey, int> exits;
  for (const auto& exec : captured.execs_of(pids)) ++execs[exec.facts.process];
  for (const auto& exit : captured.exits_of(pids)) ++exits[exit.facts.process];
  EXPECT_EQ(execs.size(), pids.size());
  EXPECT_EQ(execs, exits);
  for (const auto& [key, count] : execs) EXPECT_EQ(count, 1) << "pid " << key.pid;
}

inline std::string why_not_here() {
  if (::geteuid() != 0) return "needs root";
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) return "needs a kernel with BTF";
  return {};
}

class BpfEventSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = why_not_here(); !reason.empty()) GTEST_SKIP() << reason;
  }

  static std::unique_ptr<BpfEventSource> make(const BpfEventSource::Options& options = {}) {
    auto source = BpfEventSource::make(options);
    if (!source) throw std::runtime_error(source.error().message());
    return *std::move(source);
  }
};

}  // namespace foreshock::agent
