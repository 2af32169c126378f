#include "coordinator/sqlite/sqlite_error.h"

#include <cerrno>

#include <fmt/format.h>
#include <sqlite3.h>

namespace foreshock::coordinator {

namespace {

/// Without the detail that extended codes keep in the higher bits.
int primary_code(sqlite3* connection) {
  return sqlite3_errcode(connection) & 0xff;
}

ErrorCode code_of(sqlite3* connection) {
  switch (primary_code(connection)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
      return ErrorCode::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ErrorCode::exhausted;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorCode::permission_denied;
    case SQLITE_CONSTRAINT:
    case SQLITE_SCHEMA:
      return ErrorCode::conflict;
    case SQLITE_CANTOPEN:
      switch (sqlite3_system_errno(connection)) {
        case EACCES:
        case EPERM:
        case EROFS:
          return ErrorCode::permission_denied;
        case ENOENT:
          return ErrorCode::not_found;
        default:
          return ErrorCode::io;
      }
    default:
      return ErrorCode::io;
  }
}

std::string_view advice_for(int sqlite_code) {
  switch (sqlite_code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; the file is damaged: stop the coordinator, then restore a backup, or move the file "
             "away together with its -wal and -shm to begin a new one";
    case SQLITE_FULL:
      return "; make room on its file system";
    default:
      return "";
  }
}

}  // namespace

Error last_sqlite_error(sqlite3* connection, std::string_view operation) {
  const char* file = sqlite3_db_filename(connection, "main");
  return {code_of(connection),
          fmt::format("{}, {}: {}{}", operation, file != nullptr ? file : "(no file)",
                      sqlite3_errmsg(connection), advice_for(primary_code(connection)))};
}

}  // namespace foreshock::coordinator
