#pragma once

#include <memory>

#include "common/base/result.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// All or nothing: what is not committed when it ends is undone. One at a time for each connection,
/// which outlives it.
class Transaction {
 public:
  /// Takes the write lock at once, so that it cannot fail half-way because somebody else writes.
  static Result<Transaction> begin_write(const Database& database);
  /// One snapshot for several queries.
  static Result<Transaction> begin_read(const Database& database);

  /// Durable when it returns.
  Result<void> commit();

 private:
  struct Rollback {
    void operator()(sqlite3* connection) const;
  };
  static Result<Transaction> begin(const Database& database, const char* sql);
  explicit Transaction(sqlite3* connection) : open_(connection) {}

  std::unique_ptr<sqlite3, Rollback> open_;
};

}  // namespace foreshock::coordinator
