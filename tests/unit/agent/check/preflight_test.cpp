#include "agent/check/preflight.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

namespace foreshock::agent {
namespace {

namespace fs = std::filesystem;

/// A host in a temp directory on which all is well; tests take things away.
class Preflight : public testing::Test {
 protected:
  Preflight() {
    std::string name = (fs::temp_directory_path() / "preflight-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = name;
    write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    write_capabilities("000001ffffffffff");
    write("proc/meminfo", "MemTotal:  8000000 kB\nMemAvailable:  4000000 kB\n");
    write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    write("proc/self/loginuid", "1000");
    write("sys/kernel/btf/vmlinux",
          btf({"btf_trace_sched_process_exec", "btf_trace_sched_process_exit",
               "btf_trace_sched_process_free", "btf_trace_inet_sock_set_state"}));
    fs::create_directories(root_ / "cgroup");
    fs::create_directories(root_ / "state");
    write("cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
    write("cgroup/cgroup.subtree_control", "cpu io memory pids\n");
    write_mounts("30 20 0:26 / " + (root_ / "cgroup").string() + " rw - cgroup2 cgroup2 rw\n" +
                 "31 20 0:27 / /sys/fs/bpf rw - bpf bpf rw\n");
  }
  ~Preflight() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  static std::string btf(const std::vector<std::string>& names) {
    std::string text = "\x9f\xeb\x01" + std::string(20, '\0');
    for (const std::string& name : names) text += name + '\0';
    return text;
  }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void write_capabilities(const std::string& effective) const {
    write("proc/self/status", "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t" + effective + "\n");
  }
  void write_mounts(const std::string& text) const { write("proc/self/mountinfo", text); }
  void remove(const std::string& path) const { fs::remove_all(root_ / path); }

  PreflightOptions options() const {
    PreflightOptions options;
    options.proc_root = (root_ / "proc").string();
    options.sys_root = (root_ / "sys").string();
    options.run_root = (root_ / "run").string();
    options.state_directory = (root_ / "state").string();
    return options;
  }
  std::vector<Check> run() const { return run_preflight(options()); }
  Check find(const std::string& name) const {
    for (const auto& check : run()) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }
  void expect(const std::string& name, CheckState state, const std::string& in_detail) const {
    const auto check = find(name);
    EXPECT_EQ(check.state, state) << name << ": " << check.detail;
    EXPECT_NE(check.detail.find(in_detail), std::string::npos) << name << ": " << check.detail;
  }

  fs::path root_;
};

TEST_F(Preflight, finds_nothing_wrong_where_all_is_well) {
  for (const auto& check : run())
    EXPECT_EQ(check.state, CheckState::ok) << check.name << ": " << check.detail;
  EXPECT_EQ(exit_status(run()), 0);
  expect("cgroup_cpu", CheckState::ok, "v2 at");
}

TEST_F(Preflight, refuses_kernels_without_a_ring_buffer_and_warns_of_untested_ones) {
  for (const auto& [release, state] :
       {std::pair{"5.4.0-1", CheckState::fail}, std::pair{"5.8.0", CheckState::warn},
        std::pair{"5.15.0", CheckState::warn}, std::pair{"6.1.0", CheckState::ok},
        std::pair{"6.18.44-x", CheckState::ok}, std::pair{"odd", CheckState::warn}}) {
    write("proc/sys/kernel/osrelease", release);
    expect("kernel", state, release);
  }
}

TEST_F(Preflight, says_which_capability_is_missing_and_what_that_means) {
  write_capabilities("0000000000000000");
  expect("privileges", CheckState::fail, "CAP_BPF, CAP_PERFMON missing");
  write_capabilities("000000c000000000");  // these two alone
  expect("privileges", CheckState::warn, "CAP_DAC_OVERRIDE, CAP_SYS_PTRACE missing");
  write_capabilities(
      "0000000000280002");  // CAP_SYS_ADMIN for both, and those for /proc and cgroups
  expect("privileges", CheckState::ok, "");
  EXPECT_FALSE(find("privileges").detail.empty());
}

TEST_F(Preflight, needs_btf_with_all_tracepoints) {
  write("sys/kernel/btf/vmlinux",
        btf({"btf_trace_sched_process_exec", "btf_trace_sched_process_exit_other",
             "btf_trace_sched_process_free", "btf_trace_inet_sock_set_state"}));
  expect("btf", CheckState::ok, "vmlinux");
  expect("tracepoints", CheckState::fail, "sched_process_exit: not");
  write("sys/kernel/btf/vmlinux",
        btf({"btf_trace_sched_process_exec", "btf_trace_sched_process_exit",
             "btf_trace_sched_process_freed", "btf_trace_inet_sock_set_state"}));
  expect("tracepoints", CheckState::fail, "sched_process_free: not");
  write("sys/kernel/btf/vmlinux", "text");
  expect("btf", CheckState::fail, "is not BTF");
  remove("sys/kernel/btf");
  expect("btf", CheckState::fail, "No such file");
  expect("tracepoints", CheckState::fail, "BTF");
  EXPECT_EQ(exit_status(run()), 2);
}

TEST_F(Preflight, fails_under_a_lockdown_that_forbids_reading_the_kernel) {
  write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  expect("lockdown", CheckState::ok, "[integrity]");
  write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  expect("lockdown", CheckState::fail, "confidentiality");
}

TEST_F(Preflight, tells_how_to_mount_a_bpf_file_system_unless_pinning_is_off) {
  write_mounts("");
  EXPECT_EQ(find("bpffs").state, CheckState::warn);
  EXPECT_NE(find("bpffs").remedy.find("mount -t bpf"), std::string::npos);
  auto without = options();
  without.pin_directory.clear();
  const auto checks = run_preflight(without);
  const auto bpffs = std::ranges::find(checks, "bpffs", &Check::name);
  ASSERT_NE(bpffs, checks.end());
  EXPECT_EQ(bpffs->state, CheckState::ok);
}

TEST_F(Preflight, fails_without_cgroups) {
  write_mounts("31 20 0:27 / /sys/fs/bpf rw - bpf bpf rw\n");
  expect("cgroups", CheckState::fail, "none mounted");
  expect("cgroup_cpu", CheckState::warn, "no such controller");
}

TEST_F(Preflight, tells_of_each_controller_where_it_is) {
  const auto tree = (root_ / "cgroup").string();
  write_mounts("30 20 0:26 / " + tree + " rw - cgroup cgroup rw,cpu\n" + "31 20 0:27 / " + tree +
               " rw - cgroup cgroup rw,blkio\n");
  expect("cgroups", CheckState::ok, "v1");
  expect("cgroup_cpu", CheckState::ok, "v1 at " + tree);
  expect("cgroup_io", CheckState::ok, "v1 at " + tree);
  expect("cgroup_memory", CheckState::warn, "no such controller");
}

TEST_F(Preflight, tells_how_to_switch_a_v2_controller_on) {
  write("cgroup/cgroup.subtree_control", "cpu io pids\n");
  expect("cgroup_memory", CheckState::warn, "not switched on");
  EXPECT_NE(find("cgroup_memory").remedy.find("echo +memory"), std::string::npos);
  fs::create_directories(root_ / "run/systemd/system");
  EXPECT_EQ(find("cgroup_memory").remedy,
            "systemctl set-property UNIT MemoryAccounting=yes switches it on for that unit.");
  expect("cgroup_cpu", CheckState::ok, "v2");
}

TEST_F(Preflight, warns_without_pressure_figures_or_login_ids) {
  remove("proc/pressure");
  remove("proc/self/loginuid");
  expect("pressure", CheckState::warn, "PSI");
  expect("login_ids", CheckState::warn, "not recorded");
  EXPECT_EQ(exit_status(run()), 1);
}

TEST_F(Preflight, accepts_a_state_directory_that_can_be_made) {
  remove("state");
  expect("state_directory", CheckState::ok, "can be made");
  write("state", "a file");
  expect("state_directory", CheckState::fail, "not a directory");
}

TEST_F(Preflight, warns_when_the_ring_would_fill_the_memory) {
  write("proc/meminfo", "MemAvailable:  16000 kB\n");
  expect("ring_memory", CheckState::warn, "8.0 MiB");
  EXPECT_FALSE(find("ring_memory").remedy.empty());
}

TEST_F(Preflight, makes_the_same_checks_on_a_host_where_nothing_can_be_read) {
  const auto all = run();
  PreflightOptions nothing;
  nothing.proc_root = nothing.sys_root = nothing.state_directory = "/nonexistent/foreshock";
  const auto checks = run_preflight(nothing);
  ASSERT_EQ(checks.size(), all.size());
  for (std::size_t i = 0; i < checks.size(); ++i) EXPECT_EQ(checks[i].name, all[i].name);
  EXPECT_EQ(exit_status(checks), 2);
}

TEST(PreflightText, shows_each_check_and_each_remedy) {
  const std::vector<Check> checks = {{"btf", CheckState::ok, "there", ""},
                                     {"bpffs", CheckState::warn, "not mounted", "mount it"}};
  const auto text = render_text(checks, {});
  EXPECT_NE(text.find("btf"), std::string::npos);
  EXPECT_NE(text.find("not mounted"), std::string::npos);
  EXPECT_NE(text.find("bpffs: mount it"), std::string::npos);
  EXPECT_NE(text.find("works here, 1 to look at"), std::string::npos);
}

TEST(PreflightJson, is_what_a_program_can_read_whatever_bytes_a_path_has) {
  const std::vector<Check> checks = {{"btf", CheckState::fail, "open \xff: gone", "x"}};
  const auto document = nlohmann::json::parse(render_json(checks));
  EXPECT_EQ(document["status"], 2);
  ASSERT_EQ(document["checks"].size(), 1U);
  EXPECT_EQ(document["checks"][0]["name"], "btf");
  EXPECT_EQ(document["checks"][0]["state"], "fail");
  EXPECT_EQ(document["checks"][0]["remedy"], "x");
}

}  // namespace
}  // namespace foreshock::agent
