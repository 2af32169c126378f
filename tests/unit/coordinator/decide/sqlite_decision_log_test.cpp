#include "coordinator/decide/sqlite_decision_log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/decide/sqlite_decision_reader.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/coordinator/decide/decision_fixture.h"

namespace foreshock::coordinator::test {
namespace {

class SqliteDecisionLogTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    reader_.reset();
    log_.reset();
    log_ = SqliteDecisionLog::open(path_).value();
    reader_ = SqliteDecisionReader::open(path_).value();
  }
  std::uint64_t record(const Decision& decision) { return log_->record(decision).value().id(); }
  std::vector<std::uint64_t> ids(const DecisionQuery& query) {
    std::vector<std::uint64_t> found;
    const auto rows = reader_->list(query).value();
    for (const auto& row : rows) found.push_back(row.id);
    return found;
  }

  foreshock::test::TempDir dir_;
  const std::string path_ = dir_ / "coordinator.db";
  std::unique_ptr<SqliteDecisionLog> log_;
  std::unique_ptr<SqliteDecisionReader> reader_;
};

TEST_F(SqliteDecisionLogTest, gives_back_what_was_recorded) {
  const auto recorded = log_->record(make_decision());
  ASSERT_TRUE(recorded) << recorded.error().message();
  EXPECT_EQ(recorded->decision().wanted, 1500U);
  const DecisionRow row = reader_->find(recorded->id()).value();
  EXPECT_EQ(row.time, kNow);
  EXPECT_EQ(row.policy, "web");
  EXPECT_EQ(row.mode, "auto");
  EXPECT_EQ(row.host_name, "alpha");
  EXPECT_EQ(row.cgroup, "/work.slice");
  EXPECT_EQ(row.knob, "cpu_max");
  EXPECT_EQ(row.outcome, "raise");
  EXPECT_EQ(row.before, 500U);
  EXPECT_EQ(row.wanted, 1500U);
  EXPECT_EQ(row.reason, "train.py announces 1.25 cores");
  EXPECT_FALSE(row.action_outcome.has_value());
}

TEST_F(SqliteDecisionLogTest, an_unlimited_knob_is_no_number) {
  Decision decision = make_decision();
  decision.facts.current_limit.reset();
  EXPECT_EQ(reader_->find(record(decision)).value().before, std::nullopt);
}

TEST_F(SqliteDecisionLogTest, lists_newest_first_by_policy_cgroup_and_change) {
  const auto first = record(make_decision());
  Decision keep = make_decision();
  keep.outcome = DecisionOutcome::keep;
  keep.facts.workload.cgroup = "/other.slice";
  const auto second = record(keep);
  Decision hostile = make_decision();
  hostile.policy = "a' OR 1=1 --";
  hostile.outcome = DecisionOutcome::lower;
  const auto third = record(hostile);
  using Ids = std::vector<std::uint64_t>;
  EXPECT_EQ(ids({}), (Ids{third, second, first}));
  EXPECT_EQ(ids({.policy = "web", .cgroup = {}}), (Ids{second, first}));
  EXPECT_EQ(ids({.policy = hostile.policy, .cgroup = {}}), (Ids{third}));
  EXPECT_EQ(ids({.policy = {}, .cgroup = "/other.slice"}), (Ids{second}));
  EXPECT_EQ(ids({.policy = {}, .cgroup = {}, .only_changes = true}), (Ids{third, first}));
  EXPECT_EQ(ids({.policy = {}, .cgroup = {}, .only_changes = false, .limit = 1}), (Ids{third}));
}

TEST_F(SqliteDecisionLogTest, an_outcome_is_kept_once_and_the_newest_is_shown) {
  const auto id = record(make_decision());
  const ActionOutcome applied = make_outcome(id);
  ASSERT_TRUE(log_->record_outcome(applied));
  ASSERT_TRUE(log_->record_outcome(applied));
  EXPECT_EQ(reader_->find(id).value().action_outcome, applied);
  EXPECT_EQ(ids({}).size(), 1U);
  ActionOutcome undone = applied;
  undone.time += std::chrono::seconds(5);
  undone.status = ActionStatus::failed;
  undone.detail = "undone: memory pressure";
  ASSERT_TRUE(log_->record_outcome(undone));
  ASSERT_TRUE(log_->record_outcome(applied));  // an old batch, sent again
  EXPECT_EQ(reader_->find(id).value().action_outcome, undone);
  const auto database = Database::open(path_, OpenMode::read_only).value();
  EXPECT_EQ(database.read_integer("SELECT count(*) FROM action_outcome").value(), 2);
}

TEST_F(SqliteDecisionLogTest, an_outcome_of_no_decision_is_refused) {
  const auto recorded = log_->record_outcome(make_outcome(12345));
  ASSERT_FALSE(recorded);
  EXPECT_EQ(recorded.error().code(), ErrorCode::not_found);
  EXPECT_EQ(reader_->find(12345).error().code(), ErrorCode::not_found);
}

TEST_F(SqliteDecisionLogTest, each_life_has_a_higher_epoch) {
  EXPECT_EQ(log_->next_epoch().value(), 1U);
  open();
  EXPECT_EQ(log_->next_epoch().value(), 2U);
  EXPECT_EQ(log_->next_epoch().value(), 3U);
}

TEST_F(SqliteDecisionLogTest, what_was_recorded_survives_a_kill) {
  reader_.reset();
  log_.reset();
  for (std::uint64_t round = 1; round <= 5; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      auto log = SqliteDecisionLog::open(path_);
      const bool written = log && (*log)->next_epoch() && (*log)->record(make_decision());
      kill(getpid(), written ? SIGKILL : SIGTERM);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    open();
    EXPECT_EQ(ids({}).size(), round);
    EXPECT_EQ(log_->next_epoch().value(), 2 * round);
    reader_.reset();
    log_.reset();
  }
}

TEST_F(SqliteDecisionLogTest, a_file_of_a_newer_version_is_refused) {
  log_.reset();
  ASSERT_TRUE(Database::open(path_, OpenMode::read_write)->execute("PRAGMA user_version = 99"));
  EXPECT_EQ(SqliteDecisionLog::open(path_).error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace foreshock::coordinator::test
