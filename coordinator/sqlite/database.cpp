#include "coordinator/sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "common/os/file.h"
#include "coordinator/sqlite/sqlite_error.h"

namespace foreshock::coordinator {

namespace {

constexpr int kBusyTimeoutMs = 5000;
// A commit must not wait long for a reader: the log may grow a little more instead.
constexpr int kCheckpointWaitMs = 50;

/// SQLite would make the file with the umask's permissions; its -wal and -shm take after it.
Result<void> make_private_file(const std::string& path) {
  // O_EXCL: an existing file is not opened here, because closing a descriptor of it would drop the
  // locks of other connections of this process.
  auto file = open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (!file && file.error().code() != ErrorCode::conflict) return file.error();
  return {};
}

int remember_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<std::uint64_t*>(pages) = static_cast<std::uint64_t>(count);
  return SQLITE_OK;
}

}  // namespace

void Database::Closer::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Database> Database::open(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::read_write) FS_CHECK(make_private_file(path));
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == OpenMode::read_write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  sqlite3* connection = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database database(connection);  // SQLite gives a connection to close even when it fails
  if (connection == nullptr) return Error(ErrorCode::exhausted, "open " + path + ": out of memory");
  if (status != SQLITE_OK) return last_sqlite_error(connection, "open");
  FS_CHECK(database.configure(mode));
  return database;
}

Result<void> Database::configure(OpenMode mode) {
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  FS_CHECK(execute("PRAGMA foreign_keys = ON"));
  if (mode == OpenMode::read_write) {
    // auto_vacuum counts only before the first table, and before the change to WAL.
    FS_CHECK(execute("PRAGMA auto_vacuum = INCREMENTAL"));
    FS_CHECK(switch_to_wal());
    FS_CHECK(
        execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA journal_size_limit "
                "= 16777216"));
    sqlite3_wal_hook(connection_.get(), remember_wal_pages, wal_pages_.get());
  } else {
    FS_CHECK(execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384"));
  }
  // Reads the header and the schema: a file that is damaged there, or no database at all, is found
  // now.
  FS_TRY(const auto tables, read_integer("SELECT count(*) FROM sqlite_schema"));
  static_cast<void>(tables);
  FS_TRY(const auto page_bytes, read_integer("PRAGMA page_size"));
  page_bytes_ = static_cast<std::uint64_t>(page_bytes);
  return {};
}

Result<void> Database::switch_to_wal() {
  FS_TRY(auto statement, prepare("PRAGMA journal_mode = WAL"));
  FS_TRY(const bool row, statement.step());
  if (!row || statement.text_view(0) != "wal") {
    return Error(ErrorCode::unsupported,
                 fmt::format("open {}: its file system cannot share memory between processes, "
                             "which a write-ahead log "
                             "needs: put the state directory on a local disk",
                             path()));
  }
  return {};
}

std::string Database::path() const {
  return sqlite3_db_filename(connection_.get(), "main");
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return last_sqlite_error(connection_.get(), fmt::format("prepare \"{}\"", sql));
  }
  return Statement(statement);
}

Result<void> Database::execute(const std::string& script) const {
  if (sqlite3_exec(connection_.get(), script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return last_sqlite_error(connection_.get(), script.substr(0, script.find_first_of("(\n")));
  }
  return {};
}

Result<std::int64_t> Database::read_integer(std::string_view sql) const {
  FS_TRY(auto statement, prepare(sql));
  FS_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_.get());
}
std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

Result<std::uint64_t> Database::file_bytes() const {
  FS_TRY(const auto pages, read_integer("PRAGMA page_count"));
  return static_cast<std::uint64_t>(pages) * page_bytes_;
}

Result<std::uint64_t> Database::used_bytes() const {
  FS_TRY(const auto file, file_bytes());
  FS_TRY(const auto free_pages, read_integer("PRAGMA freelist_count"));
  return file - static_cast<std::uint64_t>(free_pages) * page_bytes_;
}

std::uint64_t Database::wal_bytes() const {
  return *wal_pages_ * page_bytes_;
}

Result<void> Database::checkpoint_if_due(const WalLimits& limits) const {
  if (wal_bytes() < limits.move_bytes) return {};
  const bool truncate = wal_bytes() >= limits.truncate_bytes;
  if (truncate) sqlite3_busy_timeout(connection_.get(), kCheckpointWaitMs);
  const int status = sqlite3_wal_checkpoint_v2(
      connection_.get(), "main", truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
      nullptr, nullptr);
  if (truncate) sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  // Busy: a reader still needs the log; the next commit tries again.
  if (status != SQLITE_OK && (status & 0xff) != SQLITE_BUSY) {
    return last_sqlite_error(connection_.get(), "checkpoint");
  }
  return {};
}

}  // namespace foreshock::coordinator
