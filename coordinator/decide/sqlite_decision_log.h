#pragma once

#include <memory>
#include <string>

#include "coordinator/decide/decision_log.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// The log in one SQLite file; migrations/ says what is in it.
class SqliteDecisionLog final : public DecisionLog {
 public:
  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<SqliteDecisionLog>> open(const std::string& path);

  Result<RecordedDecision> record(Decision decision) override;
  /// The same outcome again changes nothing. `not_found`: there is no such decision.
  Result<void> record_outcome(const ActionOutcome& outcome) override;
  Result<std::uint64_t> next_epoch() override;

 private:
  SqliteDecisionLog(Database database, Statement add_decision, Statement find_decision,
                    Statement add_outcome)
      : database_(std::move(database)),
        add_decision_(std::move(add_decision)),
        find_decision_(std::move(find_decision)),
        add_outcome_(std::move(add_outcome)) {}

  Database database_;
  Statement add_decision_;
  Statement find_decision_;
  Statement add_outcome_;
};

}  // namespace foreshock::coordinator
