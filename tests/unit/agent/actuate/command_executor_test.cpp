#include "agent/actuate/command_executor.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/unit/agent/actuate/fake_hierarchy.h"

namespace foreshock::agent {
namespace {

using Version = FakeHierarchy::Version;

const WallTime kNow = wall_time_from_ns(1'000'000'000'000);
const BootId kBoot{{1, 2}};

/// An actuator whose kernel refuses: before the write, or after it took effect.
class RefusingActuator final : public Actuator {
 public:
  Knob knob() const override { return Knob::cpu_max; }
  Result<KnobValue> read(const CgroupTarget&) const override { return value_; }
  Result<KnobValue> apply(const CgroupTarget&, KnobValue value) override {
    if (takes_effect_) value_ = value;
    return error_from_errno("write cpu.max", EINVAL);
  }
  std::string file_of(const CgroupTarget&) const override { return "cpu.max"; }
  RefusingActuator(KnobValue value, bool takes_effect)
      : value_(value), takes_effect_(takes_effect) {}

 private:
  KnobValue value_;
  bool takes_effect_;
};

class CommandExecutorTest : public testing::TestWithParam<Version> {
 protected:
  CommandExecutorTest()
      : host_(GetParam()), job_(host_.add("/work/job")), journal_(open_journal()) {
    AdjustmentBounds bounds;
    bounds.pattern = "/work/**";
    bounds.knobs = {Knob::cpu_max, Knob::cpu_weight, Knob::memory_high, Knob::memory_max};
    bounds.min_memory = Bytes{100};
    config_.allowed = {bounds};
    executor_ = make_executor(make_actuators(host_.layout()));
  }

  std::unique_ptr<UndoJournal> open_journal() {
    auto journal = UndoJournal::open(state_.path("/undo"), kBoot);
    EXPECT_TRUE(journal);
    return *std::move(journal);
  }
  std::unique_ptr<CommandExecutor> make_executor(std::vector<std::unique_ptr<Actuator>> actuators) {
    return std::make_unique<CommandExecutor>(host_.layout(), std::move(actuators), config_,
                                             *journal_);
  }
  std::unique_ptr<CommandExecutor> make_refusing_executor(KnobValue value, bool takes_effect) {
    std::vector<std::unique_ptr<Actuator>> actuators;
    actuators.push_back(std::make_unique<RefusingActuator>(value, takes_effect));
    return make_executor(std::move(actuators));
  }

  Command adjust(Knob knob, KnobValue value) { return make_command(Adjustment{job_, knob, value}); }
  Command restore(Knob knob) { return make_command(Restoration{job_, knob}); }
  Command make_command(decltype(Command::body) body) {
    Command command;
    command.id = ++last_id_;
    command.decision_id = 77;
    command.epoch = 5;
    command.expires = kNow + std::chrono::seconds(10);
    command.body = std::move(body);
    return command;
  }
  ActionOutcome execute(const Command& command) { return executor_->execute(command, kNow); }
  KnobValue present(Knob knob) const {
    for (const auto& actuator : make_actuators(host_.layout())) {
      if (actuator->knob() == knob) return *actuator->read(job_);
    }
    ADD_FAILURE() << "no actuator";
    return {};
  }

  TemporaryTree state_;
  FakeHierarchy host_;
  CgroupTarget job_;
  std::unique_ptr<UndoJournal> journal_;
  GuardrailConfig config_;
  std::unique_ptr<CommandExecutor> executor_;
  std::uint64_t last_id_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, CommandExecutorTest, testing::Values(Version::v1, Version::v2),
                         [](const auto& row) { return row.param == Version::v1 ? "v1" : "v2"; });

TEST_P(CommandExecutorTest, carries_out_reads_back_and_tells) {
  const Command command = adjust(Knob::cpu_max, 1500);
  const ActionOutcome outcome = execute(command);
  EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(outcome.command_id, command.id);
  EXPECT_EQ(outcome.decision_id, 77u);
  EXPECT_EQ(outcome.target, job_);
  EXPECT_EQ(outcome.knob, Knob::cpu_max);
  EXPECT_EQ(outcome.before, std::nullopt);
  EXPECT_EQ(outcome.requested, 1500u);
  EXPECT_EQ(outcome.after, 1500u);
  EXPECT_EQ(outcome.time, kNow);
  EXPECT_EQ(present(Knob::cpu_max), 1500u);
  EXPECT_EQ(journal_->highest_epoch(), 5u);
}

TEST_P(CommandExecutorTest, a_repeated_command_is_carried_out_once) {
  const Command first = adjust(Knob::cpu_max, 1500);
  const ActionOutcome outcome = execute(first);
  execute(adjust(Knob::cpu_max, 700));
  EXPECT_EQ(execute(first), outcome);
  EXPECT_EQ(present(Knob::cpu_max), 700u);
}

TEST_P(CommandExecutorTest, restores_what_was_before_the_first_adjustment) {
  execute(adjust(Knob::memory_max, 900'000));
  execute(adjust(Knob::memory_max, 800'000));
  executor_ = make_executor(make_actuators(host_.layout()));
  const ActionOutcome outcome = execute(restore(Knob::memory_max));
  EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(outcome.before, 800'000u);
  EXPECT_EQ(outcome.requested, std::nullopt);
  EXPECT_EQ(present(Knob::memory_max), std::nullopt);
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_P(CommandExecutorTest, restoring_what_was_never_adjusted_is_done_already) {
  const ActionOutcome outcome = execute(restore(Knob::cpu_max));
  EXPECT_EQ(outcome.status, ActionStatus::applied);
  EXPECT_FALSE(outcome.detail.empty());
}

TEST_P(CommandExecutorTest,
       restoring_a_cgroup_that_is_gone_or_replaced_is_done_and_touches_nothing) {
  execute(adjust(Knob::cpu_max, 1500));
  const std::string tree = GetParam() == Version::v1 ? "/cpu/work" : "/work";
  std::filesystem::rename(host_.tree().path(tree + "/job"), host_.tree().path(tree + "/moved"));
  host_.add("/work/job");
  const ActionOutcome replaced = execute(restore(Knob::cpu_max));
  EXPECT_EQ(replaced.status, ActionStatus::applied) << replaced.detail;
  EXPECT_FALSE(replaced.detail.empty());
  EXPECT_TRUE(journal_->entries().empty());
  job_.id = host_.tree().inode(tree + "/job");
  EXPECT_EQ(present(Knob::cpu_max), std::nullopt);
}

TEST_P(CommandExecutorTest, a_restoration_that_would_harm_the_workload_waits) {
  host_.add("/work/job", 10'000);
  const std::string file =
      GetParam() == Version::v1 ? "/memory/work/job/memory.limit_in_bytes" : "/work/job/memory.max";
  host_.tree().write(file, "20000\n");
  execute(adjust(Knob::memory_max, 90'000));
  host_.tree().write(GetParam() == Version::v1 ? "/memory/work/job/memory.usage_in_bytes"
                                               : "/work/job/memory.current",
                     "80500\n");
  EXPECT_EQ(execute(restore(Knob::memory_max)).refusal, Refusal::below_floor);
  EXPECT_EQ(present(Knob::memory_max), 90'000u);
  EXPECT_TRUE(journal_->find(job_, Knob::memory_max));
}

TEST_P(CommandExecutorTest, a_refused_command_changes_neither_knob_nor_journal_nor_epoch) {
  Command command = adjust(Knob::cpu_max, 1);
  command.epoch = 50;
  const ActionOutcome outcome = execute(command);
  EXPECT_EQ(outcome.status, ActionStatus::refused);
  EXPECT_EQ(outcome.refusal, Refusal::below_floor);
  EXPECT_FALSE(outcome.detail.empty());
  EXPECT_EQ(outcome.after, std::nullopt);
  EXPECT_TRUE(journal_->entries().empty());
  EXPECT_EQ(journal_->highest_epoch(), 0u);
  EXPECT_EQ(present(Knob::cpu_max), std::nullopt);
}

TEST_P(CommandExecutorTest, an_older_epoch_is_refused_also_after_a_restart) {
  execute(adjust(Knob::cpu_max, 1500));
  executor_.reset();
  journal_ = open_journal();
  executor_ = make_executor(make_actuators(host_.layout()));
  Command old = adjust(Knob::cpu_max, 700);
  old.epoch = 4;
  EXPECT_EQ(execute(old).refusal, Refusal::old_epoch);
  EXPECT_EQ(present(Knob::cpu_max), 1500u);
}

TEST_P(CommandExecutorTest, looks_at_the_target_itself_to_refuse) {
  Command gone = adjust(Knob::cpu_max, 500);
  std::get<Adjustment>(gone.body).target.path = "/work/gone";
  EXPECT_EQ(execute(gone).refusal, Refusal::cgroup_gone);
  Command replaced = adjust(Knob::cpu_max, 500);
  ++std::get<Adjustment>(replaced.body).target.id;
  EXPECT_EQ(execute(replaced).refusal, Refusal::cgroup_replaced);
  EXPECT_EQ(execute(adjust(Knob::memory_max, 1050)).refusal, Refusal::below_floor);  // uses 1000
  Command unknown = adjust(Knob::unknown, 500);
  EXPECT_EQ(execute(unknown).refusal, Refusal::malformed);
}

TEST_P(CommandExecutorTest, a_knob_that_the_host_lacks_is_unsupported) {
  const ActionOutcome outcome = execute(adjust(Knob::memory_high, 900'000));
  EXPECT_EQ(outcome.refusal, GetParam() == Version::v1 ? Refusal::unsupported_knob : Refusal::none);
}

TEST_P(CommandExecutorTest,
       a_write_that_the_kernel_rejects_fails_with_its_reason_and_leaves_no_entry) {
  executor_ = make_refusing_executor(800, false);
  const ActionOutcome outcome = execute(adjust(Knob::cpu_max, 1500));
  EXPECT_EQ(outcome.status, ActionStatus::failed);
  EXPECT_NE(outcome.detail.find("Invalid argument"), std::string::npos);
  EXPECT_EQ(outcome.after, 800u);
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_P(CommandExecutorTest, a_later_write_that_is_rejected_keeps_the_first_original) {
  ASSERT_TRUE(journal_->record(job_, Knob::cpu_max, 2000, 800));
  executor_ = make_refusing_executor(800, false);
  execute(adjust(Knob::cpu_max, 1500));
  EXPECT_EQ(journal_->find(job_, Knob::cpu_max),
            (UndoJournal::Entry{job_, Knob::cpu_max, 2000, 800}));
}

TEST_P(CommandExecutorTest, a_failure_after_the_write_took_effect_can_still_be_undone) {
  executor_ = make_refusing_executor(800, true);
  const ActionOutcome outcome = execute(adjust(Knob::cpu_max, 1500));
  EXPECT_EQ(outcome.status, ActionStatus::failed);
  EXPECT_EQ(outcome.after, 1500u);
  EXPECT_EQ(journal_->find(job_, Knob::cpu_max)->original, 800u);
}

TEST_P(CommandExecutorTest, restore_all_puts_everything_back) {
  execute(adjust(Knob::cpu_max, 1500));
  execute(adjust(Knob::memory_max, 900'000));
  execute(adjust(Knob::cpu_weight, 300));
  const auto outcomes = executor_->restore_all(kNow);
  ASSERT_EQ(outcomes.size(), 3u);
  for (const auto& outcome : outcomes)
    EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(present(Knob::cpu_max), std::nullopt);
  EXPECT_EQ(present(Knob::memory_max), std::nullopt);
  EXPECT_EQ(present(Knob::cpu_weight), 100u);
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_P(CommandExecutorTest, restore_all_keeps_what_failed) {
  ASSERT_TRUE(journal_->record(job_, Knob::cpu_max, 2000, 800));
  executor_ = make_refusing_executor(800, false);
  const auto outcomes = executor_->restore_all(kNow);
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].status, ActionStatus::failed);
  EXPECT_TRUE(journal_->find(job_, Knob::cpu_max));
}

TEST_P(CommandExecutorTest, remembers_a_bounded_number_of_outcomes) {
  const Command first = adjust(Knob::cpu_max, 1500);
  execute(first);
  for (int i = 0; i < 1001; ++i) execute(adjust(Knob::cpu_max, 1));  // refused: below the floor
  Command late = first;
  late.expires = kNow;
  EXPECT_EQ(execute(late).refusal, Refusal::expired);  // not known any more, so judged anew
}

}  // namespace
}  // namespace foreshock::agent
