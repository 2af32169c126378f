#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/history/history_store.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Each call sees one snapshot of the file and lets go of it when it returns.
class SqliteHistoryReader final : public HistoryReader {
 public:
  /// `not_found` before the store has made the file.
  static Result<std::unique_ptr<SqliteHistoryReader>> open(const std::string& path);

  Result<std::vector<HostRow>> hosts() override;
  Result<std::vector<WorkloadRow>> workloads(std::optional<HostId> host) override;
  Result<std::vector<SeriesKey>> series_keys(WallTime active_since) override;
  Result<Series> series(const SeriesQuery& query) override;
  Result<std::vector<ExecutionRow>> executions(const ExecutionQuery& query) override;
  Result<std::vector<SignatureRuns>> signature_runs(WallTime from, WallTime to,
                                                    std::size_t least) override;
  Result<SignatureUse> signature_use() override;

 private:
  explicit SqliteHistoryReader(Database database) : database_(std::move(database)) {}
  Result<Statement*> prepare_series(Quantity quantity);

  Database database_;
  std::map<Quantity, Statement> series_;
};

}  // namespace foreshock::coordinator
