#include "agent/capture/bpf_event_source.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/capture/existing_processes.h"
#include "common/os/file.h"

extern char** environ;

namespace foreshock::agent {
namespace {

using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(30);
const std::string kSubject = CAPTURE_SUBJECT;
constexpr std::uint64_t kSubjectMemory = 64u << 20;  // what its threads work on

// ---- processes ----

struct Ended {
  std::uint32_t pid = 0;
  int status = 0;
  rusage usage{};
};

std::uint32_t start(const std::vector<std::string>& words, const std::string& file = kSubject) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, file.c_str(), nullptr, nullptr, argv.data(), environ), 0) << file;
  return static_cast<std::uint32_t>(pid);
}

Ended wait_for(std::uint32_t pid) {
  Ended ended{.pid = pid};
  EXPECT_EQ(::wait4(static_cast<pid_t>(pid), &ended.status, 0, &ended.usage),
            static_cast<pid_t>(pid));
  return ended;
}

Ended run(const std::vector<std::string>& words) {
  return wait_for(start(words));
}

double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void kill_and_wait(std::uint32_t pid) {
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

void expect_each_once(const Captured& captured, const std::set<std::uint32_t>& pids) {
  std::map<ProcessKey, int> execs;
  std::map<ProcessKey, int> exits;
  for (const auto& exec : captured.execs_of(pids)) ++execs[exec.facts.process];
  for (const auto& exit : captured.exits_of(pids)) ++exits[exit.facts.process];
  EXPECT_EQ(execs.size(), pids.size());
  EXPECT_EQ(execs, exits);
  for (const auto& [key, count] : execs) EXPECT_EQ(count, 1) << "pid " << key.pid;
}

std::string why_not_here() {
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

TEST_F(BpfEventSourceTest, reports_who_ran_what) {
  const auto source = make();
  const std::vector<std::string> words = {"a name", "exit", "0", "", "--password=x y", "größe"};
  const auto ended = run(words);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {ended.pid}));

  const auto execs = captured.execs_of({ended.pid});
  ASSERT_EQ(execs.size(), 1u);
  const ExecEvent& exec = execs.front();
  EXPECT_EQ(exec.argv, make_argv(words));
  EXPECT_FALSE(exec.argv.truncated());
  EXPECT_EQ(exec.filename, kSubject);
  EXPECT_EQ(exec.facts.comm, "capture_subject");
  EXPECT_EQ(exec.facts.parent.pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(exec.facts.identity.uid, 0u);
  EXPECT_FALSE(exec.existing);
  EXPECT_GT(exec.time, exec.facts.process.start);

  const ExitEvent exit = captured.exits_of({ended.pid}).front();
  EXPECT_EQ(exit.facts.process, exec.facts.process);
  EXPECT_EQ(exit.facts.parent, exec.facts.parent);
  EXPECT_EQ(exit.facts.identity, exec.facts.identity);
  EXPECT_GT(exit.time, exec.time);
  EXPECT_EQ(exit.use.cpu, exit.use.user + exit.use.system);
}

TEST_F(BpfEventSourceTest, keeps_4096_bytes_of_argv_and_says_how_long_it_was) {
  const auto source = make();
  const std::vector<std::string> whole = {"subject", "exit", "0", std::string(4096 - 16, 'x')};
  const std::vector<std::string> cut = {"subject", "exit", "0", std::string(4100 - 16, 'y')};
  ASSERT_EQ(make_argv(whole).words.size(), 4096u);
  ASSERT_EQ(make_argv(cut).words.size(), 4100u);
  const auto first = run(whole);
  const auto second = run(cut);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {first.pid, second.pid}));

  EXPECT_EQ(captured.execs_of({first.pid}).at(0).argv, make_argv(whole));
  const Argv argv = captured.execs_of({second.pid}).at(0).argv;
  EXPECT_EQ(argv.words, make_argv(cut).words.substr(0, 4096));
  EXPECT_EQ(argv.true_bytes, 4100u);
  EXPECT_TRUE(argv.truncated());
}

TEST_F(BpfEventSourceTest, keeps_long_file_names_whole) {
  const auto source = make();
  std::string file =
      std::filesystem::temp_directory_path() / ("foreshock-" + std::to_string(::getpid()));
  const std::string top = file;
  for (int i = 0; i < 3; ++i) file += "/" + std::string(200, 'd');
  std::filesystem::create_directories(file);
  file += "/subject";
  std::filesystem::copy_file(kSubject, file);
  const auto ended = wait_for(start({"subject", "exit", "0"}, file));
  std::filesystem::remove_all(top);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {ended.pid}));
  EXPECT_EQ(captured.execs_of({ended.pid}).at(0).filename, file);
}

TEST_F(BpfEventSourceTest, reports_exit_codes_and_signals_as_wait_does) {
  const auto source = make();
  std::vector<Ended> all;
  std::set<std::uint32_t> pids;
  for (const char* code : {"0", "3", "255"}) all.push_back(run({"subject", "exit", code}));
  for (const int signal : {SIGKILL, SIGTERM, SIGSEGV}) {
    all.push_back(run({"subject", "signal", std::to_string(signal)}));
  }
  for (const auto& ended : all) pids.insert(ended.pid);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  for (const auto& ended : all) {
    EXPECT_EQ(captured.exits_of({ended.pid}).at(0).wait_status,
              static_cast<std::uint32_t>(ended.status));
  }
}

class Threads : public BpfEventSourceTest, public testing::WithParamInterface<const char*> {};

TEST_P(Threads, use_is_counted_whole_however_they_end) {
  const auto source = make();
  std::map<std::uint32_t, Ended> all;
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 5; ++i) {
    const auto ended = run({"subject", "threads", GetParam()});
    all[ended.pid] = ended;
    pids.insert(ended.pid);
  }
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  ASSERT_TRUE(source->detach());
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  expect_each_once(captured, pids);  // not once per thread

  std::vector<double> cpu_ratios;
  for (const auto& exit : captured.exits_of(pids)) {
    const Ended& ended = all[exit.facts.process.pid];
    EXPECT_EQ(exit.wait_status, static_cast<std::uint32_t>(ended.status));
    EXPECT_EQ(exit.facts.comm, "capture_subject");
    // Not against ru_maxrss, which starts from what this test program has.
    EXPECT_GE(exit.use.peak_rss.count, kSubjectMemory);
    EXPECT_LE(exit.use.peak_rss.count, kSubjectMemory + kSubjectMemory / 20)
        << "its libraries, too";
    const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
    cpu_ratios.push_back(std::chrono::duration<double>(exit.use.cpu).count() / true_cpu);
  }
  // The median: now and then the kernel skips the hook that settles the account of one.
  std::ranges::sort(cpu_ratios);
  EXPECT_GE(cpu_ratios[2], 0.99);
  EXPECT_LE(cpu_ratios.back(), 1.01);
}

INSTANTIATE_TEST_SUITE_P(BpfEventSourceTest, Threads, testing::Values("join", "group", "leader"));

/// Threads that end on both CPUs at once, many times, several processes at a time.
TEST_F(BpfEventSourceTest, counts_the_use_of_many_threads_that_end_together_whole) {
  constexpr std::size_t kProcesses = 120;
  constexpr std::size_t kAtATime = 3;
  const auto source = make();
  Captured captured;
  std::map<std::uint32_t, Ended> all;
  std::set<std::uint32_t> pids;
  for (std::size_t i = 0; i < kProcesses; i += kAtATime) {
    std::vector<std::uint32_t> started;
    for (std::size_t k = 0; k < kAtATime; ++k)
      started.push_back(start({"subject", "threads", "group", "5"}));
    for (const auto pid : started) {
      all[pid] = wait_for(pid);
      pids.insert(pid);
    }
  }
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  ASSERT_TRUE(source->detach());
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  expect_each_once(captured, pids);
  for (const auto& exit : captured.exits_of(pids)) {
    const Ended& ended = all[exit.facts.process.pid];
    const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
    const double cpu = std::chrono::duration<double>(exit.use.cpu).count();
    EXPECT_GE(cpu, 0.98 * true_cpu);
    EXPECT_LE(cpu, 1.02 * true_cpu);
  }
}

TEST_F(BpfEventSourceTest, misses_none_of_2000_quick_commands) {
  const auto source = make();
  Captured captured;
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 2000; ++i) pids.insert(run({"subject", "exit", "0", std::to_string(i)}).pid);
  ASSERT_EQ(pids.size(), 2000u);
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  source->release_through(source->position());
  expect_each_once(captured, pids);
  const auto stats = source->stats();
  EXPECT_EQ(stats.lost_execs, 0u);
  EXPECT_EQ(stats.lost_exits, 0u);
  EXPECT_EQ(stats.undecodable, 0u);
  EXPECT_EQ(stats.execs, captured.execs.size());
  EXPECT_EQ(stats.exits, captured.exits.size());
}

TEST_F(BpfEventSourceTest, counts_the_use_of_quick_commands_whole) {
  const auto source = make();
  Captured captured;
  double true_cpu = 0;
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 200; ++i) {
    const auto ended = run({"subject", "exit", "0"});
    pids.insert(ended.pid);
    true_cpu += to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
  }
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  double cpu = 0;
  for (const auto& exit : captured.exits_of(pids))
    cpu += std::chrono::duration<double>(exit.use.cpu).count();
  EXPECT_NEAR(cpu, true_cpu, 0.05 * true_cpu);
}

TEST_F(BpfEventSourceTest, reports_a_process_that_nobody_reaps) {
  const auto source = make();
  const auto pid = start({"subject", "exit", "7"});
  Captured captured;
  const auto arrived = [&] { captured.drain_until_exits(*source, {pid}); };
  ASSERT_NO_FATAL_FAILURE(arrived());
  const auto ended = wait_for(pid);
  EXPECT_EQ(captured.exits_of({pid}).at(0).wait_status, static_cast<std::uint32_t>(ended.status));
  const double cpu = std::chrono::duration<double>(captured.exits_of({pid}).at(0).use.cpu).count();
  const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
  EXPECT_NEAR(cpu, true_cpu, 0.05 * true_cpu);
}

TEST_F(BpfEventSourceTest, has_everything_to_drain_after_detach) {
  const auto source = make();
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 20; ++i) pids.insert(run({"subject", "exit", "0"}).pid);
  ASSERT_TRUE(source->detach());
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  expect_each_once(captured, pids);
  run({"subject", "exit", "0"});
  EXPECT_EQ(source->drain([](ProcessEvent&&) { return true; }).value_or(1), 0u)
      << "captured after detach";
}

TEST_F(BpfEventSourceTest, goes_on_where_the_sink_refused) {
  const auto source = make();
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 20; ++i) pids.insert(run({"subject", "exit", "0"}).pid);
  Captured captured;
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(captured.drain(*source, 3));
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  expect_each_once(captured, pids);
}

TEST_F(BpfEventSourceTest, wraps_around_a_small_ring) {
  const auto source = make({.ring_bytes = 65536});
  Captured captured;
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 600; ++i) {
    pids.insert(run({"subject", "exit", "0", std::string(static_cast<std::size_t>(i), 'x')}).pid);
    ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
    source->release_through(source->position());
  }
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  expect_each_once(captured, pids);
  for (const auto& exec : captured.execs_of(pids)) EXPECT_EQ(exec.argv.split().size(), 4u);
}

TEST_F(BpfEventSourceTest, counts_what_a_full_ring_cannot_take) {
  const auto source = make({.ring_bytes = 4096});
  constexpr std::size_t kCommands = 100;
  for (std::size_t i = 0; i < kCommands; ++i) run({"subject", "exit", "0"});
  Captured captured;
  EventSourceStats stats;
  const auto give_up = steady_clock::now() + kPatience;
  do {  // nothing is released, so the ring stays full
    ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
    stats = source->stats();
  } while (stats.exits + stats.lost_exits < kCommands && steady_clock::now() < give_up);
  EXPECT_GT(stats.lost_execs, 0u);
  EXPECT_GT(stats.lost_exits, 0u);
  // Other programs may have run meanwhile.
  EXPECT_GE(stats.execs + stats.lost_execs, kCommands);
  EXPECT_GE(stats.exits + stats.lost_exits, kCommands);

  // Released, it captures again. Other programs fill so small a ring at any time: more than one
  // try.
  bool captured_again = false;
  while (!captured_again && steady_clock::now() < give_up) {
    source->release_through(source->position());
    const auto ended = run({"subject", "exit", "0"});
    ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
    captured_again = !captured.execs_of({ended.pid}).empty();
  }
  EXPECT_TRUE(captured_again);
}

bool becomes_readable(int fd, std::chrono::milliseconds patience) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(patience.count())) == 1;
}

TEST_F(BpfEventSourceTest, wakes_its_reader_for_watched_names_only) {
  const auto source = make();
  Captured captured;
  run({"subject", "exit", "0"});
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  EXPECT_FALSE(becomes_readable(source->ready_fd(), std::chrono::milliseconds(0)));

  // Longer than the kernel's 15 bytes as well as exact.
  ASSERT_TRUE(source->watch_names({"something-else", "capture_subject"}));
  run({"subject", "exit", "0"});
  EXPECT_TRUE(becomes_readable(source->ready_fd(), kPatience));
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  EXPECT_FALSE(becomes_readable(source->ready_fd(), std::chrono::milliseconds(0)))
      << "readable with nothing new: would keep a loop busy";

  ASSERT_TRUE(source->watch_names({"another"}));
  run({"subject", "exit", "0"});
  EXPECT_FALSE(becomes_readable(source->ready_fd(), std::chrono::milliseconds(0)));
  ASSERT_TRUE(source->watch_names({"capture_subject_with_a_long_name"}));
  run({"subject", "exit", "0"});
  EXPECT_TRUE(becomes_readable(source->ready_fd(), kPatience));
}

TEST_F(BpfEventSourceTest, wakes_its_reader_when_the_ring_fills) {
  const auto source = make({.ring_bytes = 65536});
  for (int i = 0; i < 100; ++i) run({"subject", "exit", "0", std::string(1000, 'x')});
  EXPECT_TRUE(becomes_readable(source->ready_fd(), kPatience));
}

TEST_F(BpfEventSourceTest, refuses_more_watched_names_than_there_is_room_for) {
  const auto source = make();
  std::vector<std::string> names;
  for (int i = 0; i < 1025; ++i) names.push_back("n" + std::to_string(i));
  const auto watched = source->watch_names(names);
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().code(), ErrorCode::exhausted);
}

TEST_F(BpfEventSourceTest, refuses_a_ring_size_that_is_no_power_of_two) {
  const auto source = BpfEventSource::make({.ring_bytes = 10000});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), ErrorCode::invalid_argument);
}

TEST_F(BpfEventSourceTest, names_existing_processes_as_its_own_events_do) {
  const auto source = make();
  const std::vector<std::string> words = {"subject", "wait", "for it"};
  const auto pid = start(words);
  Captured captured;
  const auto give_up = steady_clock::now() + kPatience;
  while (captured.execs_of({pid}).empty() && steady_clock::now() < give_up) captured.drain(*source);
  const auto execs = captured.execs_of({pid});
  std::optional<ExecEvent> existing;
  for (auto& process : read_existing_processes("/proc", false)) {
    if (process.event.facts.process.pid == pid) existing = process.event;
  }
  kill_and_wait(pid);
  ASSERT_EQ(execs.size(), 1u);
  ASSERT_TRUE(existing);
  EXPECT_EQ(existing->facts.process, execs[0].facts.process);
  EXPECT_EQ(existing->facts.parent, execs[0].facts.parent);
  EXPECT_EQ(existing->facts.identity, execs[0].facts.identity);
  EXPECT_EQ(existing->facts.comm, execs[0].facts.comm);
  EXPECT_EQ(existing->argv, make_argv(words));
  EXPECT_EQ(existing->filename, kSubject);
}

// ---- cgroups ----

/// A child cgroup of our own, with one process started in it.
class OwnCgroup {
 public:
  explicit OwnCgroup(const std::string& root)
      : path_(root + "/foreshock-test-" + std::to_string(::getpid())) {
    made_ = ::mkdir(path_.c_str(), 0755) == 0;
  }
  ~OwnCgroup() { ::rmdir(path_.c_str()); }
  bool made() const { return made_; }
  std::uint64_t id() const {
    struct stat status {};
    ::stat(path_.c_str(), &status);
    return status.st_ino;
  }
  Ended run_subject() const {
    const pid_t pid = ::fork();
    if (pid == 0) {
      std::ofstream(path_ + "/cgroup.procs") << ::getpid() << std::flush;
      ::execl(kSubject.c_str(), "subject", "exit", "0", nullptr);
      ::_exit(127);
    }
    return wait_for(static_cast<std::uint32_t>(pid));
  }

 private:
  std::string path_;
  bool made_ = false;
};

void expect_cgroup_id(BpfEventSource& source, const OwnCgroup& cgroup) {
  const auto ended = cgroup.run_subject();
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(source, {ended.pid}));
  EXPECT_EQ(captured.execs_of({ended.pid}).at(0).facts.cgroup_id, cgroup.id());
  EXPECT_EQ(captured.exits_of({ended.pid}).at(0).facts.cgroup_id, cgroup.id());
}

TEST_F(BpfEventSourceTest, names_the_cgroup_in_the_v1_cpu_hierarchy) {
  const OwnCgroup cgroup("/sys/fs/cgroup/cpu");
  if (!cgroup.made()) GTEST_SKIP() << "needs a writable v1 cpu controller in /sys/fs/cgroup/cpu";
  expect_cgroup_id(*make({.cgroup_v1 = true}), cgroup);
}

TEST_F(BpfEventSourceTest, names_the_cgroup_in_the_v2_hierarchy) {
  const bool hybrid = std::filesystem::exists("/sys/fs/cgroup/unified");
  const OwnCgroup cgroup(hybrid ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup");
  if (!cgroup.made()) GTEST_SKIP() << "needs a writable cgroup v2 hierarchy";
  expect_cgroup_id(*make({.cgroup_v1 = false}), cgroup);
}

// ---- pinned ----

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
