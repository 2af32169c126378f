#include "agent/actuate/systemd_unit_actuator.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/actuate/fake_hierarchy.h"

namespace foreshock::agent {
namespace {

/// Knows units by their cgroup and writes to the tree what systemd would.
class FakeUnits final : public UnitProperties {
 public:
  explicit FakeUnits(const TemporaryTree& tree) : tree_(tree) {}

  std::map<std::string, std::string> units;  ///< cgroup → unit
  std::vector<std::string> calls;
  bool limits_nothing = false;
  std::optional<Error> failure;

  Result<std::optional<std::string>> unit_of(const std::string& cgroup) override {
    if (failure) return *failure;
    const auto found = units.find(cgroup);
    return found == units.end() ? std::nullopt : std::optional(found->second);
  }

  Result<void> set(const std::string& unit, const std::vector<Property>& properties) override {
    if (failure) return *failure;
    for (const auto& [name, value] : properties) {
      calls.push_back(fmt::format("{} {}={}", unit, name,
                                  value == kInfinity ? "infinity" : fmt::format("{}", value)));
      if (limits_nothing) continue;
      for (const auto& [cgroup, its_unit] : units) {
        if (its_unit == unit && name == "CPUQuotaPerSecUSec") write_quota(cgroup, value);
      }
    }
    return {};
  }

 private:
  void write_quota(const std::string& cgroup, std::uint64_t usec) const {
    tree_.write(cgroup + "/cpu.max",
                usec == kInfinity ? "max 100000\n" : fmt::format("{} 100000\n", usec / 10));
  }
  const TemporaryTree& tree_;
};

class SystemdUnitActuator : public testing::Test {
 protected:
  Actuator& knob(Knob wanted) {
    return **std::ranges::find(actuators_, wanted, [](const auto& one) { return one->knob(); });
  }
  void remove_file(const std::string& path) const {
    ASSERT_EQ(::unlink(host_.tree().path(path).c_str()), 0);
  }

  FakeHierarchy host_{FakeHierarchy::Version::v2};
  std::shared_ptr<FakeUnits> units_ = std::make_shared<FakeUnits>(host_.tree());
  std::vector<std::unique_ptr<Actuator>> actuators_ =
      through_systemd(make_actuators(host_.layout()), units_);
};

TEST_F(SystemdUnitActuator, sets_the_property_of_a_unit_and_reads_the_file) {
  const auto target = host_.add("/system.slice/web.service");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 1500).value(), KnobValue(1500));
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, std::nullopt).value(), KnobValue());
  EXPECT_EQ(units_->calls, (std::vector<std::string>{"web.service CPUQuotaPerSecUSec=1500000",
                                                     "web.service CPUQuotaPerSecUSec=infinity"}));
}

TEST_F(SystemdUnitActuator, asks_for_whole_percents_which_a_daemon_reload_keeps) {
  const auto web = host_.add("/system.slice/web.service");
  const auto other = host_.add("/no/unit");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  EXPECT_EQ(knob(Knob::cpu_max).lasting(web, KnobValue(482)), KnobValue(490));
  EXPECT_EQ(knob(Knob::cpu_max).lasting(web, KnobValue(480)), KnobValue(480));
  EXPECT_EQ(knob(Knob::cpu_max).lasting(web, std::nullopt), std::nullopt);
  EXPECT_EQ(knob(Knob::memory_max).lasting(web, KnobValue(482)), KnobValue(482));
  EXPECT_EQ(knob(Knob::cpu_max).lasting(other, KnobValue(482)), KnobValue(482));
}

TEST_F(SystemdUnitActuator, tells_what_the_kernel_has_when_systemd_limits_nothing) {
  const auto target = host_.add("/system.slice/web.service");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  units_->limits_nothing = true;
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 1500).value(), KnobValue());
  remove_file("/system.slice/web.service/cpu.max");
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 1500).error().code(), ErrorCode::unsupported);
}

TEST_F(SystemdUnitActuator, has_the_controller_of_a_unit_switched_on) {
  const auto target = host_.add("/system.slice/web.service");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  remove_file("/system.slice/web.service/cpu.max");
  remove_file("/system.slice/web.service/cpu.weight");
  EXPECT_EQ(knob(Knob::cpu_max).read(target).value(), KnobValue());
  EXPECT_EQ(knob(Knob::cpu_weight).read(target).value(), KnobValue(100));
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 500).value(), KnobValue(500));
}

TEST_F(SystemdUnitActuator, writes_the_files_of_what_is_no_unit) {
  const auto target = host_.add("/docker/0123abcd");
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 1500).value(), KnobValue(1500));
  EXPECT_TRUE(units_->calls.empty());
  remove_file("/docker/0123abcd/cpu.max");
  EXPECT_EQ(knob(Knob::cpu_max).read(target).error().code(), ErrorCode::unsupported);
}

TEST_F(SystemdUnitActuator, knows_the_property_of_each_knob) {
  const auto target = host_.add("/system.slice/web.service");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  EXPECT_TRUE(knob(Knob::memory_max).apply(target, 1 << 20));
  EXPECT_TRUE(knob(Knob::memory_high).apply(target, std::nullopt));
  EXPECT_TRUE(knob(Knob::cpu_weight).apply(target, 300));
  EXPECT_EQ(units_->calls, (std::vector<std::string>{"web.service MemoryMax=1048576",
                                                     "web.service MemoryHigh=infinity",
                                                     "web.service CPUWeight=300"}));
}

TEST_F(SystemdUnitActuator, does_not_write_past_a_systemd_that_does_not_answer) {
  const auto target = host_.add("/system.slice/web.service");
  units_->failure =
      Error(ErrorCode::unavailable, "set properties over D-Bus: Connection timed out");
  EXPECT_FALSE(knob(Knob::cpu_max).apply(target, 1500));
  EXPECT_EQ(knob(Knob::cpu_max).read(target).value(), KnobValue());
}

TEST_F(SystemdUnitActuator, notices_that_the_unit_runs_in_another_cgroup_by_now) {
  auto target = host_.add("/system.slice/web.service");
  units_->units = {{"/system.slice/web.service", "web.service"}};
  target.id += 1;
  EXPECT_EQ(knob(Knob::cpu_max).apply(target, 1500).error().code(), ErrorCode::conflict);
  EXPECT_TRUE(units_->calls.empty());
}

}  // namespace
}  // namespace foreshock::agent
