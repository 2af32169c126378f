#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/anomaly.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// The anomalies that were found, in one SQLite file, whose migrations/ say what is in it. One
/// thread.
class AnomalyLog {
 public:
  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<AnomalyLog>> open(const std::string& path);

  /// All or nothing. One that is there already stays as it is.
  Result<void> add(const std::vector<Anomaly>& anomalies,
                   const std::vector<UnusualSession>& sessions);
  Result<void> forget_before(WallTime time);

 private:
  AnomalyLog(Database database, Statement add, Statement add_session)
      : database_(std::move(database)),
        add_(std::move(add)),
        add_session_(std::move(add_session)) {}

  Database database_;
  Statement add_;
  Statement add_session_;
};

struct AnomalyQuery {
  WallTime from;
  std::optional<HostId> host = {};
  std::optional<std::string> cgroup = {};
  bool confirmed_only = false;
  std::size_t limit = 50;  ///< newest first
};

/// Reads the log beside its writer. One thread.
class AnomalyReader {
 public:
  /// `not_found` before the log has made the file.
  static Result<std::unique_ptr<AnomalyReader>> open(const std::string& path);

  Result<std::vector<Anomaly>> read(const AnomalyQuery& query);
  /// By time, host and limit; none where only one workload is asked for.
  Result<std::vector<UnusualSession>> read_sessions(const AnomalyQuery& query);

 private:
  explicit AnomalyReader(Database database) : database_(std::move(database)) {}

  Database database_;
};

}  // namespace foreshock::coordinator
