#include "coordinator/pipeline/arming.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr HostId kHost = 3;

class ArmingTest : public testing::Test {
 protected:
  ArmingTest() {
    ReflexRule rule;
    rule.name = "nightly";
    rule.mode = PolicyMode::auto_;
    rule.signature = "pg_dump -Fc <word>";
    rule.executable = "pg_dump";
    rule.cgroup = "/work/*";
    rule.value = 4000;
    rule.window = minutes(1);
    rule.valid_for = hours(24);
    rules_ = {rule};
    learned_.learned_at = now_;
  }

  void report(std::vector<ReflexState> reflexes) {
    Report report;
    report.host_name = "h";
    report.period_end = BootTime(seconds(++second_));
    report.wall_minus_boot = now_.time_since_epoch();
    report.samples.host = HostSample();
    WorkloadSample sample;
    sample.cgroup = "/work/db";
    sample.cgroup_id = 77;
    sample.cpu_max_millicores = KnobValue(1000);
    report.samples.workloads = {sample};
    report.reflexes = std::move(reflexes);
    live_.on_report(kHost, "key", report);
  }
  std::vector<Decision> turn() { return arming_->turn(live_, learned_, now_); }
  void start(std::vector<Policy> policies = {}) {
    arming_ = std::make_unique<Arming>(rules_, std::move(policies));
  }
  static ReflexState armed(const Decision& decision) {
    ReflexState state;
    state.reflex = *decision.reflex;
    state.reflex.decision_id = 12;
    return state;
  }

  WallTime now_{hours(24 * 20000)};
  int second_ = 0;
  std::vector<ReflexRule> rules_;
  LiveState live_;
  LearnedState learned_;
  std::unique_ptr<Arming> arming_;
};

TEST_F(ArmingTest, a_rule_is_armed_on_each_workload_it_is_about_and_only_once) {
  start();
  report({});
  const auto decisions = turn();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].outcome, DecisionOutcome::arm);
  const Reflex& reflex = *decisions[0].reflex;
  EXPECT_EQ(reflex.adjustment.target.path, "/work/db");
  EXPECT_EQ(reflex.adjustment.target.id, 77u);
  EXPECT_FALSE(reflex.dry_run);
  EXPECT_TRUE(turn().empty()) << "its answer is still to come";
  report({armed(decisions[0])});
  now_ += minutes(1);
  EXPECT_TRUE(turn().empty()) << "the host has it";
}

TEST_F(ArmingTest, a_host_that_lost_it_is_told_again) {
  start();
  report({});
  const auto first = turn();
  report({armed(first.at(0))});
  EXPECT_TRUE(turn().empty());
  report({});
  EXPECT_EQ(turn().size(), 1u);
}

TEST_F(ArmingTest, what_no_rule_asks_for_is_disarmed) {
  start();
  report({});
  const auto state = armed(turn().at(0));
  rules_.clear();
  start();
  report({state});
  const auto decisions = turn();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].outcome, DecisionOutcome::disarm);
  EXPECT_EQ(decisions[0].disarms, 12u);
}

TEST_F(ArmingTest, observing_is_a_dry_run) {
  rules_[0].mode = PolicyMode::observe;
  start();
  report({});
  EXPECT_TRUE(turn().at(0).reflex->dry_run);
}

TEST_F(ArmingTest, a_refusal_is_not_asked_against_at_once) {
  start();
  report({});
  const auto reflex = *turn().at(0).reflex;
  const auto& [target, knob, value] = reflex.adjustment;
  arming_->on_rejected(kHost, reflex.signature, target, knob, now_);
  now_ += seconds(29);
  EXPECT_TRUE(turn().empty());
  now_ += seconds(1);
  EXPECT_EQ(turn().size(), 1u);
}

TEST_F(ArmingTest, only_a_sure_lead_command_of_the_same_host_becomes_a_reflex) {
  Policy policy;
  policy.name = "db";
  policy.mode = PolicyMode::auto_;
  policy.cgroup = "/work/db";
  policy.min_capacity = 100;
  policy.max_capacity = 3000;
  rules_.clear();
  start({policy});
  report({});
  LeadCommand lead;
  lead.signature = "export";
  lead.base_names = {"export"};
  lead.source_host = kHost;
  lead.target = {{kHost, "/work/db"}, Quantity::cpu_usage};
  lead.lag_s = 10;
  lead.lag_spread_s = 1;
  lead.duration_s = 30;
  lead.effect = 1.5;
  lead.effect_quantiles = {1, 1, 1, 1.5, 1.8, 1.9, 2};
  lead.support = 20;
  lead.precision = 0.9;
  lead.q_value = 0.3;
  learned_.leads = {lead};
  EXPECT_TRUE(turn().empty()) << "by chance";
  learned_.leads[0].q_value = 0.001;
  learned_.leads[0].source_host = kHost + 1;
  EXPECT_TRUE(turn().empty()) << "another host's exec is not seen here";
  learned_.leads[0].source_host = kHost;
  const auto decisions = turn();
  ASSERT_EQ(decisions.size(), 1u);
  const Reflex& reflex = *decisions[0].reflex;
  EXPECT_EQ(reflex.signature, "export");
  EXPECT_GE(*reflex.adjustment.value, 1800u * 12 / 10);
  EXPECT_LE(*reflex.adjustment.value, 3000u);
  EXPECT_EQ(reflex.window, seconds(42));
}

}  // namespace
}  // namespace foreshock::coordinator
