#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/accuracy.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// How forecasts came out, added up by day, series, horizon and model; in one SQLite file, whose
/// migrations/ say what is in it. One thread.
class AccuracyLog {
 public:
  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<AccuracyLog>> open(const std::string& path);

  /// All or nothing.
  Result<void> add(const std::vector<ScoredPoint>& points);
  /// Days before `time` are forgotten.
  Result<void> forget_before(WallTime time);

 private:
  AccuracyLog(Database database, Statement add)
      : database_(std::move(database)), add_(std::move(add)) {}

  Database database_;
  Statement add_;
};

/// Reads the log beside its writer. One thread.
class AccuracyReader {
 public:
  /// `not_found` before the log has made the file.
  static Result<std::unique_ptr<AccuracyReader>> open(const std::string& path);

  /// By series, horizon and model, since the day of `from`.
  Result<std::vector<Accuracy>> read(WallTime from);

 private:
  explicit AccuracyReader(Database database) : database_(std::move(database)) {}

  Database database_;
};

}  // namespace foreshock::coordinator
