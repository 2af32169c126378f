#include "coordinator/dispatch/dispatcher.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::seconds;

/// Numbers what it is given; keeps nothing.
class ListLog final : public DecisionLog {
 public:
  Result<RecordedDecision> record(Decision decision) override {
    return make_recorded(++last_, std::move(decision));
  }
  Result<void> record_outcome(const ActionOutcome&) override { return {}; }
  Result<std::uint64_t> next_epoch() override { return std::uint64_t{1}; }

 private:
  std::uint64_t last_ = 0;
};

class DispatcherTest : public testing::Test {
 protected:
  RecordedDecision decide(std::uint64_t millicores) {
    Decision decision;
    decision.mode = PolicyMode::auto_;
    decision.action = Adjustment{{"/work", 7}, Knob::cpu_max, millicores};
    return *log_.record(decision);
  }

  ListLog log_;
  bool reachable_ = true;
  std::vector<Command> sent_;
  Dispatcher dispatcher_{
      {seconds(10), seconds(3)}, 42, [this](const std::string&, const Command& command) {
        if (reachable_) sent_.push_back(command);
        return reachable_;
      }};
  WallTime now_{seconds(1000)};
};

TEST_F(DispatcherTest, sends_a_command_with_epoch_and_expiry) {
  dispatcher_.submit(decide(1500), "key", now_);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].epoch, 42u);
  EXPECT_EQ(sent_[0].id, 1u);
  EXPECT_EQ(sent_[0].expires, now_ + seconds(10));
  EXPECT_EQ(std::get<Adjustment>(sent_[0].body).value, KnobValue(1500));
  EXPECT_EQ(dispatcher_.pending_value("key", "/work", Knob::cpu_max),
            std::optional<KnobValue>(KnobValue(1500)));
  EXPECT_FALSE(dispatcher_.pending_value("other", "/work", Knob::cpu_max));
}

TEST_F(DispatcherTest, sends_again_until_an_outcome_comes) {
  dispatcher_.submit(decide(1500), "key", now_);
  EXPECT_TRUE(dispatcher_.tick(now_ + seconds(2)).empty());
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(dispatcher_.tick(now_ + seconds(3)).empty());
  EXPECT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[0], sent_[1]);
  ActionOutcome outcome;
  outcome.command_id = 1;
  EXPECT_TRUE(dispatcher_.on_outcome(outcome));
  EXPECT_FALSE(dispatcher_.on_outcome(outcome));
  EXPECT_TRUE(dispatcher_.tick(now_ + seconds(20)).empty());
  EXPECT_EQ(sent_.size(), 2u);
}

TEST_F(DispatcherTest, tries_an_unreachable_agent_on_each_turn) {
  reachable_ = false;
  dispatcher_.submit(decide(1500), "key", now_);
  reachable_ = true;
  EXPECT_TRUE(dispatcher_.tick(now_ + seconds(1)).empty());
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(DispatcherTest, reports_a_command_that_nobody_answered) {
  dispatcher_.submit(decide(1500), "key", now_);
  const auto expired = dispatcher_.tick(now_ + seconds(11));
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].status, ActionStatus::failed);
  EXPECT_EQ(expired[0].decision_id, 1u);
  EXPECT_EQ(dispatcher_.in_flight(), 0u);
}

}  // namespace
}  // namespace foreshock::coordinator
