#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/decide/decision_log.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Each call sees one snapshot of the file. Of several outcomes of one decision a row has the
/// newest.
class SqliteDecisionReader final : public DecisionReader {
 public:
  /// `not_found` before the log has made the file.
  static Result<std::unique_ptr<SqliteDecisionReader>> open(const std::string& path);

  Result<std::vector<DecisionRow>> list(const DecisionQuery& query) override;
  Result<DecisionRow> find(std::uint64_t id) override;

 private:
  explicit SqliteDecisionReader(Database database) : database_(std::move(database)) {}
  Result<std::vector<ActionOutcome>> outcomes_of(std::uint64_t id);
  Result<std::vector<DecisionRow>> select(const std::string& condition,
                                          std::span<const SqlValue> values);

  Database database_;
};

}  // namespace foreshock::coordinator
