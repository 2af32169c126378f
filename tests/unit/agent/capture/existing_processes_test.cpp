#include "agent/capture/existing_processes.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

/// A /proc of a few made-up processes.
class ExistingProcessesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "foreshock-proc-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    write("uptime", "1 1\n");  // not a process
    add(1, {.comm = "systemd", .start_ticks = 10, .words = "/sbin/init"});
    add(77,
        {.comm = "a) b (c", .parent = 1, .start_ticks = 500, .words = std::string("srv\0-x\0", 7)});
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  struct Made {
    std::string comm = "x";
    char state = 'S';
    int parent = 0;
    unsigned flags = 4194304;
    int threads = 1;
    long start_ticks = 1;
    int terminal = 0;
    unsigned long argv_bytes = 0;
    std::string words = "x";
    std::string login_uid = "4294967295";
  };

  void write(const std::string& path, const std::string& text) const {
    std::ofstream(root_ + "/" + path, std::ios::binary) << text;
  }
  void add(int pid, const Made& made) const {
    const std::string directory = std::to_string(pid);
    std::filesystem::create_directory(root_ + "/" + directory);
    // Fields 3 to 52 of proc(5).
    std::string stat = fmt::format("{} ({}) {} {} 1 1 {} -1 {} 0 0 0 0 1 1 0 0 20 0 {} 0 {}", pid,
                                   made.comm, made.state, made.parent, made.terminal, made.flags,
                                   made.threads, made.start_ticks);
    for (int field = 23; field <= 47; ++field) stat += " 0";
    stat += fmt::format(" 1000 {} 0 0 0\n", 1000 + made.argv_bytes);
    write(directory + "/stat", stat);
    write(directory + "/cmdline", made.words);
    write(directory + "/status", "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t100\t0\t0\t0\n");
    write(directory + "/loginuid", made.login_uid);
    write(directory + "/sessionid", "5");
    write(directory + "/cgroup",
          "4:memory:/m\n3:cpu,cpuacct:/v1/a:b\n2:cpuset:/cs\n1:name=systemd:/s\n0::/v2/x\n");
    std::filesystem::create_symlink("/srv/app", root_ + "/" + directory + "/cwd");
    std::filesystem::create_symlink("/usr/bin/tool (deleted)", root_ + "/" + directory + "/exe");
  }

  std::map<std::uint32_t, ExistingProcess> read(bool cgroup_v1 = false) const {
    std::map<std::uint32_t, ExistingProcess> by_pid;
    for (auto& process : read_existing_processes(root_, cgroup_v1)) {
      by_pid.emplace(process.event.facts.process.pid, std::move(process));
    }
    return by_pid;
  }

  std::string root_;
};

TEST_F(ExistingProcessesTest, reads_everything_about_a_process) {
  add(78, {.comm = "child",
           .parent = 77,
           .start_ticks = 612,
           .terminal = 136 << 8 | 3,
           .words = std::string("ls\0", 3),
           .login_uid = "1001"});
  const auto processes = read();
  ASSERT_EQ(processes.size(), 3u);
  const auto& [event, cgroup] = processes.at(78);
  EXPECT_TRUE(event.existing);
  EXPECT_EQ(event.time, BootTime(6120ms));
  EXPECT_EQ(event.facts.process, (ProcessKey{78, BootTime(6120ms)}));
  EXPECT_EQ(event.facts.parent, (ProcessKey{77, BootTime(5000ms)}));
  EXPECT_EQ(event.facts.identity,
            (Identity{.uid = 1000, .gid = 100, .login_uid = 1001, .session_id = 5}));
  EXPECT_EQ(event.facts.comm, "child");
  EXPECT_EQ(event.facts.cgroup_id, 0u);
  EXPECT_EQ(event.filename, "/usr/bin/tool");
  EXPECT_EQ(event.argv, make_argv({"ls"}));
  EXPECT_EQ(event.cwd, "/srv/app");
  EXPECT_EQ(event.tty, "pts/3");
  EXPECT_EQ(cgroup, "/v2/x");
}

TEST_F(ExistingProcessesTest, names_terminals) {
  add(60, {.terminal = 4 << 8 | 2});
  add(61, {.terminal = 4 << 8 | 65});
  add(62, {.terminal = 136 << 8 | 1 << 20 | 7});
  add(63, {.terminal = 204 << 8 | 64});
  const auto processes = read();
  EXPECT_EQ(processes.at(60).event.tty, "tty2");
  EXPECT_EQ(processes.at(61).event.tty, "ttyS1");
  EXPECT_EQ(processes.at(62).event.tty, "pts/263");
  EXPECT_EQ(processes.at(63).event.tty, "204:64");
  EXPECT_EQ(processes.at(77).event.tty, "");
}

TEST_F(ExistingProcessesTest, takes_any_comm_apart) {
  const auto processes = read();
  EXPECT_EQ(processes.at(77).event.facts.comm, "a) b (c");
  EXPECT_EQ(processes.at(77).event.facts.parent.pid, 1u);
  EXPECT_FALSE(processes.at(77).event.facts.identity.login_uid);
}

TEST_F(ExistingProcessesTest, takes_the_cgroup_of_the_hierarchy_asked_for) {
  EXPECT_EQ(read(true).at(77).cgroup, "/v1/a:b");
  EXPECT_EQ(read(false).at(77).cgroup, "/v2/x");
}

TEST_F(ExistingProcessesTest, leaves_out_kernel_threads_and_zombies) {
  add(2, {.comm = "kthreadd", .flags = 0x00208040, .words = ""});
  add(80, {.state = 'Z', .words = ""});
  add(81, {.state = 'Z', .threads = 3, .words = ""});
  const auto processes = read();
  EXPECT_FALSE(processes.contains(2));
  EXPECT_FALSE(processes.contains(80));
  EXPECT_TRUE(processes.contains(81)) << "only its leader has ended";
}

TEST_F(ExistingProcessesTest, cuts_long_command_lines_and_says_how_long_they_are) {
  add(90, {.argv_bytes = 100'000, .words = std::string(100'000, 'x')});
  const auto argv = read().at(90).event.argv;
  EXPECT_EQ(argv.words.size(), 4096u);
  EXPECT_EQ(argv.true_bytes, 100'000u);
}

TEST_F(ExistingProcessesTest, skips_what_vanishes_or_makes_no_sense) {
  std::filesystem::create_directory(root_ + "/91");
  std::filesystem::create_directory(root_ + "/92");
  write("92/stat", "92 (x");
  std::filesystem::create_directory(root_ + "/99999999999999");
  EXPECT_EQ(read().size(), 2u);
}

TEST_F(ExistingProcessesTest, makes_do_with_what_can_be_read) {
  for (const char* file : {"cmdline", "status", "loginuid", "sessionid", "cgroup", "exe"}) {
    std::filesystem::remove(root_ + "/77/" + file);
  }
  const auto process = read().at(77);
  EXPECT_EQ(process.event.facts.comm, "a) b (c");
  EXPECT_TRUE(process.event.filename.empty());
  EXPECT_TRUE(process.event.argv.words.empty());
  EXPECT_TRUE(process.cgroup.empty());
}

TEST_F(ExistingProcessesTest, finds_this_process_in_the_real_proc) {
  bool found = false;
  const auto processes = read_existing_processes("/proc", false);
  EXPECT_TRUE(std::ranges::is_sorted(processes, {}, [](const ExistingProcess& process) {
    return process.event.facts.process.start;
  })) << "a parent comes before its children";
  for (const auto& process : processes) {
    if (process.event.facts.process.pid != static_cast<std::uint32_t>(::getpid())) continue;
    found = true;
    EXPECT_EQ(process.event.facts.parent.pid, static_cast<std::uint32_t>(::getppid()));
    EXPECT_EQ(process.event.facts.identity.uid, ::getuid());
    EXPECT_FALSE(process.event.argv.words.empty());
  }
  EXPECT_TRUE(found);
}

TEST_F(ExistingProcessesTest, is_empty_where_there_is_no_proc) {
  EXPECT_TRUE(read_existing_processes(root_ + "/missing", false).empty());
}

}  // namespace
}  // namespace foreshock::agent
