#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/cgroup/layout.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Asks again and again until it is so; false when it is not within a time that no working host
/// needs.
inline bool wait_until(const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (std::chrono::steady_clock::now() < deadline) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

/// A process that computes until it is killed; it starts when it is told to.
class BusyProcess {
 public:
  BusyProcess() {
    int gate[2];
    EXPECT_EQ(::pipe2(gate, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(gate[1]);
      char go = 0;
      while (::read(gate[0], &go, 1) < 0) {  // ends when the parent opens the gate, or dies
      }
      for (std::atomic<unsigned> turn = 0;;) ++turn;
    }
    ::close(gate[0]);
    gate_ = gate[1];
  }
  BusyProcess(const BusyProcess&) = delete;
  BusyProcess& operator=(const BusyProcess&) = delete;
  ~BusyProcess() {
    open_gate();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void open_gate() {
    if (gate_ >= 0) ::close(gate_);
    gate_ = -1;
  }
  pid_t pid() const { return pid_; }
  /// What it has used, by its own clock.
  std::chrono::nanoseconds cpu() const {
    clockid_t clock{};
    timespec time{};
    EXPECT_EQ(::clock_getcpuclockid(pid_, &clock), 0);
    EXPECT_EQ(::clock_gettime(clock, &time), 0);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

 private:
  pid_t pid_ = -1;
  int gate_ = -1;
};

/// A cgroup of the kernel in every tree that matters, removed at the end whatever happens.
class KernelCgroup {
 public:
  KernelCgroup(const CgroupLayout& layout, std::string path)
      : layout_(layout), path_(std::move(path)) {
    for (const auto* controller : {"cpu", "cpuacct", "memory"}) {
      if (const auto root = layout.root_of(controller)) roots_.insert(*root);
    }
    for (const std::string& root : roots_)
      made_ = ::mkdir((root + path_).c_str(), 0755) == 0 && made_;
  }
  KernelCgroup(const KernelCgroup&) = delete;
  KernelCgroup& operator=(const KernelCgroup&) = delete;
  ~KernelCgroup() {
    for (const std::string& root : roots_) {
      EXPECT_TRUE(wait_until([&] {
        return ::rmdir((root + path_).c_str()) == 0 || errno == ENOENT;
      })) << root + path_;
    }
  }

  bool made() const { return made_ && !roots_.empty(); }
  bool has(const std::string& controller, const std::string& file) const {
    return ::access(file_path(controller, file).c_str(), W_OK) == 0;
  }
  CgroupTarget target() const {
    struct stat status {};
    EXPECT_EQ(::stat((layout_.workload_root() + path_).c_str(), &status), 0);
    return {path_, status.st_ino};
  }
  void adopt(const BusyProcess& process) const {
    for (const std::string& root : roots_) {
      std::ofstream procs(root + path_ + "/cgroup.procs");
      procs << process.pid() << std::flush;
      EXPECT_TRUE(procs.good()) << root;
    }
  }
  /// A file's text by a way that is not the one under test.
  std::string read(const std::string& controller, const std::string& file) const {
    std::ifstream stream(file_path(controller, file));
    std::string text;
    std::getline(stream, text);
    return text;
  }
  void write(const std::string& controller, const std::string& file,
             const std::string& text) const {
    std::ofstream stream(file_path(controller, file));
    stream << text << std::flush;
    EXPECT_TRUE(stream.good()) << file;
  }
  /// Removes the directory and makes another one of the same name.
  void replace() const {
    const std::string directory = layout_.workload_root() + path_;
    EXPECT_TRUE(wait_until([&] { return ::rmdir(directory.c_str()) == 0; }));
    EXPECT_EQ(::mkdir(directory.c_str(), 0755), 0);
  }

 private:
  std::string file_path(const std::string& controller, const std::string& file) const {
    return layout_.root_of(controller).value_or("") + path_ + "/" + file;
  }

  CgroupLayout layout_;
  std::string path_;
  std::set<std::string> roots_;  ///< each tree once, also where controllers share one
  bool made_ = true;
};

}  // namespace foreshock::agent
