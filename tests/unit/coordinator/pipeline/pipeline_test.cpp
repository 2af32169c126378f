#include "coordinator/pipeline/pipeline.h"

#include <variant>

#include <gtest/gtest.h>

#include "coordinator/history/sqlite_history_store.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

/// Takes what it is given but for batches of one host, which fail all that come with them.
class PickyHistory final : public HistoryStore {
 public:
  Result<std::vector<AppendedBatch>> append(std::span<const ReceivedBatch> batches) override {
    ++transactions;
    std::vector<AppendedBatch> appended;
    for (const ReceivedBatch& batch : batches) {
      if (batch.report.host_name == refused) return Error(why, "refused");
      appended.push_back({.host = 1, .repeated = false});
    }
    return appended;
  }
  Result<bool> prune(WallTime, const HistoryLimits&) override { return true; }
  Result<HistoryStats> stats() override { return HistoryStats{}; }

  std::string refused = "bad";
  ErrorCode why = ErrorCode::conflict;
  int transactions = 0;
};

class NoDecisions final : public DecisionLog {
 public:
  Result<RecordedDecision> record(Decision decision) override {
    return make_recorded(1, std::move(decision));
  }
  Result<void> record_outcome(const ActionOutcome&) override { return {}; }
  Result<std::uint64_t> next_epoch() override { return 1; }
};

class PipelineTest : public testing::Test {
 protected:
  void receive(const std::string& host, std::uint64_t sequence) {
    ReceivedBatch batch;
    batch.public_key = "key of " + host;
    batch.sequence = sequence;
    batch.report.host_name = host;
    ASSERT_TRUE(inbound_.try_push(Inbound(std::move(batch))));
  }
  /// One turn; whose batches were acknowledged, in the order of the acknowledgements.
  std::vector<std::string> turn() {
    acknowledged_.clear();
    pipeline_.poll_once(0ms, {});
    return acknowledged_;
  }
  bool on_posted(const Outbound& message) {
    if (const auto* ack = std::get_if<Ack>(&message.message)) {
      for (const std::uint64_t sequence : ack->sequences)
        acknowledged_.push_back(message.public_key + " " + std::to_string(sequence));
    }
    return true;
  }

  InboundQueue inbound_{16};
  PickyHistory history_;
  NoDecisions decisions_;
  Snapshot<LearnedState> learned_;
  Snapshot<LiveView> live_view_;
  MetricRegistry metrics_;
  FakeClock clock_;
  Snapshot<SignatureRules> signature_rules_;
  UnusualSessions unusual_sessions_;
  std::vector<std::string> acknowledged_;
  Pipeline pipeline_{{},
                     {},
                     1,
                     {inbound_, history_, decisions_, learned_, live_view_,
                      [this](const Outbound& message) { return on_posted(message); }, metrics_,
                      clock_, signature_rules_, unusual_sessions_}};
};

TEST_F(PipelineTest, what_is_committed_is_acknowledged_in_one_transaction) {
  receive("a", 1);
  receive("b", 1);
  receive("a", 2);
  EXPECT_EQ(turn(), (std::vector<std::string>{"key of a 1", "key of a 2", "key of b 1"}));
  EXPECT_EQ(history_.transactions, 1);
}

TEST_F(PipelineTest, what_says_something_impossible_holds_up_nobody_else) {
  receive("a", 1);
  receive("bad", 1);
  receive("b", 1);
  EXPECT_EQ(turn(), (std::vector<std::string>{"key of a 1", "key of b 1"}));
  EXPECT_EQ(history_.transactions, 4);
}

TEST_F(PipelineTest, where_nothing_can_be_written_nothing_is_acknowledged_and_not_tried_again) {
  history_.why = ErrorCode::exhausted;
  receive("a", 1);
  receive("bad", 1);
  EXPECT_EQ(turn(), std::vector<std::string>());
  EXPECT_EQ(history_.transactions, 1);
}

TEST_F(PipelineTest, that_history_cannot_be_written_is_told_until_it_can) {
  turn();
  EXPECT_FALSE(live_view_.read()->history_problem);
  history_.why = ErrorCode::exhausted;
  receive("bad", 1);
  const auto before = clock_.wall_now();
  turn();
  clock_.advance(2s);
  receive("bad", 2);
  turn();
  const auto problem = live_view_.read()->history_problem;
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->what, "refused");
  EXPECT_EQ(problem->since, before) << "of the first failure";
  clock_.advance(2s);
  receive("good", 1);
  turn();
  EXPECT_FALSE(live_view_.read()->history_problem);
}

TEST_F(PipelineTest, one_batch_that_says_something_impossible_is_no_problem_of_the_history) {
  receive("bad", 1);
  turn();
  EXPECT_FALSE(live_view_.read()->history_problem);
}

/// Of one user, a command each minute from a moment on.
Report routine(WallTime from, int commands) {
  Report report;
  report.host_name = "a";
  report.wall_minus_boot = from.time_since_epoch();
  report.period_end = BootTime(std::chrono::minutes(commands));
  for (int i = 0; i < commands; ++i) {
    Execution& one = report.executions.emplace_back();
    one.facts.process = {.pid = 100 + static_cast<std::uint32_t>(i),
                         .start = BootTime(std::chrono::minutes(i))};
    one.facts.identity.login_uid = 1000;
    one.exec_time = BootTime(std::chrono::minutes(i));
    one.filename = i % 2 == 0 ? "/usr/bin/make" : "/usr/bin/ctest";
    one.argv = make_argv({i % 2 == 0 ? "make" : "ctest"});
  }
  return report;
}

TEST_F(PipelineTest, what_users_run_usually_is_known_from_what_was_recorded) {
  constexpr int kTwoDays = 2 * 24 * 60;
  const foreshock::test::TempDir directory;
  auto store = SqliteHistoryStore::open(directory / "history.db", {});
  ASSERT_TRUE(store) << store.error().message();
  ReceivedBatch batch;
  batch.public_key = "key of a";
  batch.sequence = 1;
  batch.report = routine(clock_.wall_now() - std::chrono::minutes(kTwoDays + 1), kTwoDays);
  ASSERT_TRUE((*store)->append(std::span(&batch, 1)));
  auto recorded = CommandReader::open(directory / "history.db");
  ASSERT_TRUE(recorded) << recorded.error().message();
  const auto recalled = pipeline_.recall_sessions(**recorded);
  ASSERT_TRUE(recalled) << recalled.error().message();
  turn();
  const auto sessions = live_view_.read()->sessions;
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].uid, 1000U);
  EXPECT_EQ(sessions[0].commands, static_cast<std::uint64_t>(kTwoDays));
  EXPECT_TRUE(unusual_sessions_.take().empty()) << "what was told before is not told again";

  ReceivedBatch strange;
  strange.public_key = "key of a";
  strange.report.host_name = "a";
  strange.report.wall_minus_boot = clock_.wall_now().time_since_epoch();
  for (const char* word : {"id", "nmap", "nc", "base64", "whoami", "gdb"}) {
    Execution& one = strange.report.executions.emplace_back();
    one.facts.identity.login_uid = 1000;
    one.filename = std::string("/usr/bin/") + word;
    one.argv = make_argv({word});
  }
  ASSERT_TRUE(inbound_.try_push(Inbound(std::move(strange))));
  turn();
  const auto unusual = unusual_sessions_.take();
  ASSERT_FALSE(unusual.empty());
  EXPECT_EQ(unusual[0].uid, 1000U);
}

}  // namespace
}  // namespace foreshock::coordinator
