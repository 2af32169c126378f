// Limits of real systemd units, scopes and cgroups below them: what systemd is told, the kernel
// has.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/actuate/systemd_unit_actuator.h"
#include "agent/cgroup/layout.h"
#include "tests/support/child_process.h"

namespace foreshock::agent {
namespace {

using test::eventually;
using test::run_program;

class SystemdUnits : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (!std::filesystem::exists("/run/systemd/system")) GTEST_SKIP() << "needs systemd as pid 1";
    const auto layout = read_layout();
    if (!layout || layout->is_v1("cpu") || !layout->root_of("cpu"))
      GTEST_SKIP() << "needs the cpu controller on cgroup v2";
    root_ = layout->v2_root;
    actuators_ = through_systemd(make_actuators(*layout), make_unit_properties());
  }

  void TearDown() override {
    for (const auto& unit : started_) run_program({"systemctl", "stop", unit});
  }

  CgroupTarget start(const std::string& unit, const std::vector<std::string>& options) {
    std::vector<std::string> argv = {"systemd-run", "--quiet", "--collect", "--unit=" + unit};
    argv.insert(argv.end(), options.begin(), options.end());
    if (unit.ends_with(".scope")) {
      // systemd-run stays in front of a scope: it is given its own shell to wait in.
      const std::string words = "systemd-run --quiet --scope --collect --unit=" + unit +
                                " sleep 1000 </dev/null >/dev/null 2>&1 &";
      run_program({"/bin/sh", "-c", words});
    } else {
      argv.insert(argv.end(), {"sleep", "1000"});
      run_program(argv);
    }
    started_.push_back(unit);
    const std::string path = "/system.slice/" + unit;
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(root_ + path); })) << path;
    return target_of(path);
  }

  CgroupTarget target_of(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::stat((root_ + path).c_str(), &status), 0) << path;
    return {path, status.st_ino};
  }

  Actuator& knob(Knob wanted) {
    return **std::ranges::find(actuators_, wanted, [](const auto& one) { return one->knob(); });
  }

  std::string file(const CgroupTarget& target, const std::string& name) const {
    std::ifstream in(root_ + target.path + "/" + name);
    std::string line;
    std::getline(in, line);
    return line;
  }

  std::string root_;
  std::vector<std::unique_ptr<Actuator>> actuators_;
  std::vector<std::string> started_;
};

TEST_F(SystemdUnits, a_service_without_a_cpu_controller_is_limited) {
  const auto target = start("foreshock-test-plain.service", {});
  EXPECT_EQ(knob(Knob::cpu_max).read(target).value(), KnobValue());
  const auto after = knob(Knob::cpu_max).apply(target, 500);
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_EQ(*after, KnobValue(500));
  EXPECT_EQ(file(target, "cpu.max"), "50000 100000");
}

TEST_F(SystemdUnits, a_limit_stays_over_a_daemon_reload_and_is_undone_on_request) {
  const auto target =
      start("foreshock-test-limited.service", {"-p", "CPUQuota=20%", "-p", "MemoryMax=1G"});
  ASSERT_EQ(knob(Knob::cpu_max).read(target).value(), KnobValue(200));
  ASSERT_EQ(knob(Knob::cpu_max).apply(target, 700).value(), KnobValue(700));
  ASSERT_EQ(knob(Knob::memory_max).apply(target, std::uint64_t{256} << 20).value(),
            KnobValue(std::uint64_t{256} << 20));
  ASSERT_EQ(run_program({"systemctl", "daemon-reload"}).status, 0);
  EXPECT_EQ(knob(Knob::cpu_max).read(target).value(), KnobValue(700));
  EXPECT_EQ(file(target, "memory.max"), "268435456");
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 200).value(), KnobValue(200));
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, std::nullopt).value(), KnobValue());
  EXPECT_EQ(file(target, "cpu.max"), "max 100000");
}

TEST_F(SystemdUnits, weight_and_memory_high_are_set) {
  const auto target = start("foreshock-test-soft.service", {"-p", "CPUWeight=100"});
  EXPECT_EQ(knob(Knob::cpu_weight).apply(target, 300).value(), KnobValue(300));
  EXPECT_EQ(knob(Knob::memory_high).apply(target, std::uint64_t{64} << 20).value(),
            KnobValue(std::uint64_t{64} << 20));
  EXPECT_EQ(knob(Knob::memory_high).apply(target, std::nullopt).value(), KnobValue());
}

TEST_F(SystemdUnits, a_scope_is_limited) {
  const auto target = start("foreshock-test-session.scope", {});
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 300).value(), KnobValue(300));
  EXPECT_EQ(file(target, "cpu.max"), "30000 100000");
}

TEST_F(SystemdUnits, a_container_below_a_unit_is_limited_by_its_own_cgroup) {
  const auto unit =
      start("foreshock-test-engine.service", {"-p", "Delegate=yes", "-p", "CPUQuota=90%"});
  const std::string container = root_ + unit.path + "/payload";
  // A cgroup with controllers for its children has no processes of its own.
  ASSERT_TRUE(std::filesystem::create_directories(root_ + unit.path + "/engine"));
  std::ifstream members(root_ + unit.path + "/cgroup.procs");
  for (std::string pid; std::getline(members, pid);)
    std::ofstream(root_ + unit.path + "/engine/cgroup.procs") << pid << std::flush;
  std::ofstream(root_ + unit.path + "/cgroup.subtree_control") << "+cpu" << std::flush;
  ASSERT_TRUE(std::filesystem::create_directory(container));
  const auto target = target_of(unit.path + "/payload");
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 400).value(), KnobValue(400));
  EXPECT_EQ(file(target, "cpu.max"), "40000 100000");
  EXPECT_EQ(file(unit, "cpu.max"), "90000 100000");
}

}  // namespace
}  // namespace foreshock::agent
