#include "coordinator/sqlite/transaction.h"

#include <sqlite3.h>

#include "common/base/assert.h"
#include "coordinator/sqlite/sqlite_error.h"

namespace foreshock::coordinator {

void Transaction::Rollback::operator()(sqlite3* connection) const {
  // After some failures (a full disk) SQLite has rolled back by itself.
  if (sqlite3_get_autocommit(connection) == 0) {
    sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<Transaction> Transaction::begin(const Database& database, const char* sql) {
  sqlite3* connection = database.connection_.get();
  if (sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return last_sqlite_error(connection, sql);
  }
  return Transaction(connection);
}

Result<Transaction> Transaction::begin_write(const Database& database) {
  return begin(database, "BEGIN IMMEDIATE");
}

Result<Transaction> Transaction::begin_read(const Database& database) {
  return begin(database, "BEGIN");
}

Result<void> Transaction::commit() {
  FS_ASSERT(open_ != nullptr);
  if (sqlite3_exec(open_.get(), "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return last_sqlite_error(open_.get(), "COMMIT");
  }
  // Committed: nothing is left to undo.
  static_cast<void>(open_.release());
  return {};
}

}  // namespace foreshock::coordinator
