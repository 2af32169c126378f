#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/sqlite/statement.h"

struct sqlite3;

namespace foreshock::coordinator {

enum class OpenMode { read_write, read_only };

/// How large the write-ahead log gets.
struct WalLimits {
  std::uint64_t move_bytes = 16 << 20;
  std::uint64_t truncate_bytes = 128 << 20;
};

/// One connection to one SQLite file; one thread at a time.
///
/// Files are in WAL mode with synchronous=FULL: what is committed survives a power failure, and
/// readers never block the writer. A new file is private to its owner (command lines are in it).
class Database {
 public:
  /// read_write makes the file when it is not there; read_only wants one. `corrupt` names the file
  /// and what to do.
  static Result<Database> open(const std::string& path, OpenMode mode);

  std::string path() const;

  Result<Statement> prepare(std::string_view sql) const;
  /// Runs statements that have no parameters and whose rows do not matter.
  Result<void> execute(const std::string& script) const;
  /// First column of the first row; for pragmas and counts.
  Result<std::int64_t> read_integer(std::string_view sql) const;

  /// Rows changed by the last statement that changes rows.
  std::int64_t changes() const;
  std::int64_t last_insert_id() const;

  /// What is in use, without the pages that wait to be used again, and the whole file.
  Result<std::uint64_t> used_bytes() const;
  Result<std::uint64_t> file_bytes() const;
  /// Size of the write-ahead log after the last commit of this connection.
  std::uint64_t wal_bytes() const;

  /// Call it after a commit: moves the log into the file once it has grown past
  /// `limits.move_bytes`, as far as readers allow; past `limits.truncate_bytes` it also waits for
  /// them, briefly, to begin the log anew. There is no other checkpoint.
  Result<void> checkpoint_if_due(const WalLimits& limits = {}) const;

 private:
  friend class Transaction;
  struct Closer {
    void operator()(sqlite3* connection) const;
  };

  explicit Database(sqlite3* connection) : connection_(connection) {}
  Result<void> configure(OpenMode mode);
  Result<void> switch_to_wal();

  std::unique_ptr<std::uint64_t> wal_pages_ = std::make_unique<std::uint64_t>(0);
  std::uint64_t page_bytes_ = 0;
  std::unique_ptr<sqlite3, Closer> connection_;
};

}  // namespace foreshock::coordinator
