// From the command that arms a reflex to the limit that is taken back, without a kernel.

#include "agent/local_reflexes.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/actuate/fake_hierarchy.h"

namespace foreshock::agent {
namespace {

using std::chrono::seconds;

const BootId kBoot{{1, 2}};

class LocalReflexesTest : public testing::Test {
 protected:
  LocalReflexesTest() : job_(host_.add("/work/job")) {
    AdjustmentBounds bounds;
    bounds.pattern = "/work/**";
    bounds.knobs = {Knob::cpu_max};
    bounds.max_cpu_millicores = 8000;
    GuardrailConfig config;
    config.allowed = {bounds};
    host_.tree().write("/work/job/cpu.max", "100000 100000\n");
    executor_ = std::make_unique<CommandExecutor>(host_.layout(), make_actuators(host_.layout()),
                                                  config, *journal_);
    start();
  }

  void start() {
    firer_ = std::make_unique<ReflexFirer>(clock_);
    reflexes_ =
        std::make_unique<LocalReflexes>(LocalReflexes::Options{state_.path("/reflexes"), 2, kBoot},
                                        LocalReflexes::Parts{*executor_, *firer_});
    const auto resumed = reflexes_->resume(clock_.wall_now());
    ASSERT_TRUE(resumed) << resumed.error().message();
    firer_->take_changed_names();
  }

  Reflex make_reflex(const std::string& command, std::uint64_t value) {
    Reflex reflex;
    reflex.decision_id = ++last_id_;
    reflex.name = "rule";
    reflex.signature = command;
    reflex.base_names = {command};
    reflex.adjustment = {job_, Knob::cpu_max, value};
    reflex.window = seconds(60);
    reflex.expires = clock_.wall_now() + seconds(3600);
    return reflex;
  }
  ActionOutcome execute(decltype(Command::body) body) {
    Command command;
    command.id = command.decision_id = last_id_;
    command.epoch = 5;
    command.expires = clock_.wall_now() + seconds(10);
    command.body = std::move(body);
    auto outcome = reflexes_->execute(command, clock_.wall_now());
    firer_->take_changed_names();
    return outcome;
  }
  std::vector<ActionOutcome> exec(const std::string& command) {
    ExecEvent event;
    event.time = clock_.boot_now();
    event.filename = "/usr/bin/" + command;
    event.argv = make_argv({command});
    firer_->on_exec(event, {});
    return reflexes_->take_fired(clock_.wall_now());
  }
  std::vector<ActionOutcome> pass(seconds time) {
    clock_.advance(time);
    return reflexes_->end_due(clock_.wall_now());
  }
  std::string limit() const { return host_.tree().read("/work/job/cpu.max").substr(0, 13); }

  FakeClock clock_;
  TemporaryTree state_;
  FakeHierarchy host_{FakeHierarchy::Version::v2};
  CgroupTarget job_;
  std::unique_ptr<UndoJournal> journal_ = *UndoJournal::open(state_.path("/undo"), kBoot);
  std::unique_ptr<CommandExecutor> executor_;
  std::unique_ptr<ReflexFirer> firer_;
  std::unique_ptr<LocalReflexes> reflexes_;
  std::uint64_t last_id_ = 0;
};

TEST_F(LocalReflexesTest, a_reflex_moves_the_limit_and_takes_it_back) {
  const auto armed = execute(ArmReflex{make_reflex("dump", 4000)});
  EXPECT_EQ(armed.status, ActionStatus::applied) << armed.detail;
  EXPECT_EQ(armed.cause, ActionCause::arming);
  const auto fired = exec("dump");
  ASSERT_EQ(fired.size(), 1u);
  EXPECT_EQ(fired[0].status, ActionStatus::applied);
  EXPECT_EQ(fired[0].cause, ActionCause::reflex);
  EXPECT_EQ(fired[0].before, KnobValue(1000));
  EXPECT_EQ(fired[0].after, KnobValue(4000));
  EXPECT_EQ(limit(), "400000 100000");
  const auto ended = pass(seconds(60));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].cause, ActionCause::reflex_end);
  EXPECT_EQ(limit(), "100000 100000");
}

TEST_F(LocalReflexesTest, the_undo_entry_is_durable_before_anything_is_written) {
  execute(ArmReflex{make_reflex("dump", 4000)});
  const auto entry = journal_->find(job_, Knob::cpu_max);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->original, KnobValue(1000));
  EXPECT_EQ(limit(), "100000 100000");
}

TEST_F(LocalReflexesTest, beyond_the_owners_bounds_it_is_not_armed) {
  const auto outcome = execute(ArmReflex{make_reflex("dump", 9000)});
  EXPECT_EQ(outcome.refusal, Refusal::above_ceiling);
  EXPECT_TRUE(exec("dump").empty());
}

TEST_F(LocalReflexesTest, there_are_no_more_than_the_owner_allows) {
  execute(ArmReflex{make_reflex("a", 4000)});
  execute(ArmReflex{make_reflex("b", 4000)});
  EXPECT_EQ(execute(ArmReflex{make_reflex("c", 4000)}).refusal, Refusal::over_budget);
}

TEST_F(LocalReflexesTest, a_limit_that_somebody_else_moved_is_left_alone) {
  execute(ArmReflex{make_reflex("dump", 4000)});
  exec("dump");
  host_.tree().write("/work/job/cpu.max", "250000 100000\n");
  const auto ended = pass(seconds(60));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_NE(ended[0].detail.find("left alone"), std::string::npos);
  EXPECT_EQ(limit(), "250000 100000");
}

TEST_F(LocalReflexesTest, works_again_after_a_restart_without_a_coordinator) {
  execute(ArmReflex{make_reflex("dump", 4000)});
  start();
  ASSERT_EQ(exec("dump").size(), 1u);
  EXPECT_EQ(limit(), "400000 100000");
}

TEST_F(LocalReflexesTest, what_was_moved_before_a_restart_is_taken_back_after_it) {
  execute(ArmReflex{make_reflex("dump", 4000)});
  exec("dump");
  start();
  pass(seconds(60));
  EXPECT_EQ(limit(), "100000 100000");
}

TEST_F(LocalReflexesTest, a_write_that_nobody_kept_books_of_is_taken_back_too) {
  execute(ArmReflex{make_reflex("dump", 4000)});
  host_.tree().write("/work/job/cpu.max", "400000 100000\n");  // killed right after it
  start();
  pass(seconds(60));
  EXPECT_EQ(limit(), "100000 100000");
}

TEST_F(LocalReflexesTest, disarming_takes_back_at_once_and_forgets) {
  const auto reflex = make_reflex("dump", 4000);
  execute(ArmReflex{reflex});
  exec("dump");
  EXPECT_EQ(execute(DisarmReflex{reflex.decision_id}).status, ActionStatus::applied);
  EXPECT_EQ(limit(), "100000 100000");
  EXPECT_TRUE(exec("dump").empty());
  EXPECT_FALSE(journal_->find(job_, Knob::cpu_max));
}

TEST_F(LocalReflexesTest, a_dry_run_tells_once_what_it_would_have_done) {
  auto reflex = make_reflex("dump", 4000);
  reflex.dry_run = true;
  execute(ArmReflex{reflex});
  const auto fired = exec("dump");
  ASSERT_EQ(fired.size(), 1u);
  EXPECT_EQ(fired[0].status, ActionStatus::dry_run);
  EXPECT_TRUE(exec("dump").empty());
  EXPECT_EQ(limit(), "100000 100000");
  EXPECT_TRUE(pass(seconds(60)).empty());
}

}  // namespace
}  // namespace foreshock::agent
