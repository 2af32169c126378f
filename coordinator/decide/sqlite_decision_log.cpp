#include "coordinator/decide/sqlite_decision_log.h"

#include <utility>

#include <fmt/format.h>

#include "coordinator/decide/explanation.h"
#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/decision_migrations.h"

namespace foreshock::coordinator {

Result<std::unique_ptr<SqliteDecisionLog>> SqliteDecisionLog::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::decision_migrations()));
  FS_TRY(auto add_decision, database.prepare("INSERT INTO decision (time_ms, policy, mode, "
                                             "host_id, host_name, cgroup, cgroup_id, knob, "
                                             "outcome, limit_before, wanted, reason, details) "
                                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  FS_TRY(auto find_decision, database.prepare("SELECT 1 FROM decision WHERE id = ?"));
  FS_TRY(
      auto add_outcome,
      database.prepare("INSERT INTO action_outcome (decision_id, command_id, time_ns, status, "
                       "refusal, detail, cgroup, "
                       "cgroup_id, knob, limit_before, requested, limit_after, cause, "
                       "reaction_ns) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  return std::unique_ptr<SqliteDecisionLog>(
      new SqliteDecisionLog(std::move(database), std::move(add_decision), std::move(find_decision),
                            std::move(add_outcome)));
}

Result<RecordedDecision> SqliteDecisionLog::record(Decision decision) {
  const Facts& facts = decision.facts;
  FS_CHECK(add_decision_.run(to_ms(facts.now), decision.policy, to_string(decision.mode),
                             facts.workload.host, facts.host_name, facts.workload.cgroup,
                             facts.cgroup_id, to_string(decision.knob), to_string(decision.outcome),
                             facts.current_limit, decision.wanted, decision.reason,
                             to_json_text(decision)));
  const auto id = static_cast<std::uint64_t>(database_.last_insert_id());
  FS_CHECK(database_.checkpoint_if_due());
  return make_recorded(id, std::move(decision));
}

Result<void> SqliteDecisionLog::record_outcome(const ActionOutcome& outcome) {
  FS_CHECK(find_decision_.start(outcome.decision_id));
  FS_TRY(const bool found, find_decision_.step());
  find_decision_.reset();
  if (!found) {
    return Error(ErrorCode::not_found,
                 fmt::format("record the outcome of command {}: there is no decision {}",
                             outcome.command_id, outcome.decision_id));
  }
  const auto reaction = outcome.reaction
                            ? std::optional(static_cast<std::uint64_t>(outcome.reaction->count()))
                            : std::nullopt;
  return add_outcome_.run(outcome.decision_id, outcome.command_id, to_ns(outcome.time),
                          to_string(outcome.status), to_string(outcome.refusal), outcome.detail,
                          outcome.target.path, outcome.target.id, to_string(outcome.knob),
                          outcome.before, outcome.requested, outcome.after,
                          to_string(outcome.cause), reaction);
}

Result<std::uint64_t> SqliteDecisionLog::next_epoch() {
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_CHECK(database_.execute("UPDATE epoch SET value = value + 1"));
  FS_TRY(const auto epoch, database_.read_integer("SELECT value FROM epoch"));
  FS_CHECK(transaction.commit());
  return static_cast<std::uint64_t>(epoch);
}

}  // namespace foreshock::coordinator
