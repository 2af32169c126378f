#include "agent/capture/bpf_event_source.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/capture/existing_processes.h"
#include "common/os/file.h"
#include "common/os/unique_fd.h"
#include "tests/integration/kernel/capture/captured_processes.h"

namespace foreshock::agent {
namespace {

constexpr std::uint64_t kSubjectMemory = 64u << 20;  // what its threads work on

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

/// Listens on a port of 127.0.0.1 and lets the kernel answer.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    listens_ = ::bind(socket_.get(), address, length) == 0 && ::listen(socket_.get(), 16) == 0 &&
               ::getsockname(socket_.get(), address, &length) == 0;
  }
  bool listens() const { return listens_; }
  std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

 private:
  UniqueFd socket_;
  sockaddr_in address_{};
  bool listens_ = false;
};

TEST_F(BpfEventSourceTest, counts_connections_that_any_thread_asked_for) {
  const Listener listener;
  ASSERT_TRUE(listener.listens());
  const bool has_ipv6 = std::filesystem::exists("/proc/net/if_inet6");
  const auto source = make();
  const auto connecting = run({"subject", "connect", listener.port(), "4"});
  const auto quiet = run({"subject", "exit", "0"});
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {connecting.pid, quiet.pid}));
  EXPECT_EQ(captured.exits_of({connecting.pid}).at(0).connections, has_ipv6 ? 5u : 4u)
      << "refused ones too";
  EXPECT_EQ(captured.exits_of({quiet.pid}).at(0).connections, 0u);
}

/// Threads that end on both CPUs at once, many times, several processes at a time.
TEST_F(BpfEventSourceTest, counts_the_use_of_many_threads_that_end_together) {
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
  std::vector<double> cpu_ratios;
  for (const auto& exit : captured.exits_of(pids)) {
    const Ended& ended = all[exit.facts.process.pid];
    const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
    cpu_ratios.push_back(std::chrono::duration<double>(exit.use.cpu).count() / true_cpu);
  }
  std::ranges::sort(cpu_ratios);
  // Where the kernel skips the hook that settles the account, the end of each thread is missing.
  EXPECT_GE(cpu_ratios.front(), 0.75);
  EXPECT_GE(cpu_ratios[kProcesses / 10], 0.98);
  EXPECT_LE(cpu_ratios.back(), 1.02);
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

/// Others end meanwhile, more than there are near slots, several times over.
TEST_F(BpfEventSourceTest, keeps_what_is_reaped_late) {
  const auto source = make();
  std::set<std::uint32_t> pids;
  for (int i = 0; i < 3; ++i) pids.insert(start({"subject", "threads", "join"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // so that they come to an end
  for (int i = 0; i < 1000; ++i) run({"subject", "exit", "0"});
  std::map<std::uint32_t, Ended> all;
  for (const auto pid : pids) all[pid] = wait_for(pid);
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, pids));
  ASSERT_TRUE(source->detach());
  ASSERT_NO_FATAL_FAILURE(captured.drain(*source));
  expect_each_once(captured, pids);
  for (const auto& exit : captured.exits_of(pids)) {
    const Ended& ended = all[exit.facts.process.pid];
    EXPECT_EQ(exit.wait_status, static_cast<std::uint32_t>(ended.status));
    const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
    EXPECT_NEAR(std::chrono::duration<double>(exit.use.cpu).count(), true_cpu, 0.05 * true_cpu);
  }
}

/// Of more nanoseconds than go into 32 bits.
TEST_F(BpfEventSourceTest, counts_the_use_of_long_commands_whole) {
  const auto source = make();
  const auto ended = run({"subject", "threads", "join", "1150"});
  Captured captured;
  ASSERT_NO_FATAL_FAILURE(captured.drain_until_exits(*source, {ended.pid}));
  const double cpu =
      std::chrono::duration<double>(captured.exits_of({ended.pid}).at(0).use.cpu).count();
  const double true_cpu = to_seconds(ended.usage.ru_utime) + to_seconds(ended.usage.ru_stime);
  EXPECT_GT(true_cpu, 4.3);
  EXPECT_NEAR(cpu, true_cpu, 0.02 * true_cpu);
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

}  // namespace
}  // namespace foreshock::agent
