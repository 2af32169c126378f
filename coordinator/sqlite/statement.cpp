#include "coordinator/sqlite/statement.h"

#include <sqlite3.h>

#include "common/base/assert.h"
#include "coordinator/sqlite/sqlite_error.h"

namespace foreshock::coordinator {

namespace {

/// Binds one value; overloads are chosen by std::visit.
struct Binder {
  sqlite3_stmt* statement;
  int index;
  sqlite3_destructor_type lifetime;

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
  int operator()(double number) const { return sqlite3_bind_double(statement, index, number); }
  int operator()(std::string_view text) const {
    // A null pointer would bind NULL, and an empty text is not NULL.
    return sqlite3_bind_text64(statement, index, text.data() != nullptr ? text.data() : "",
                               text.size(), lifetime, SQLITE_UTF8);
  }
  int operator()(ByteView blob) const {
    return blob.empty() ? sqlite3_bind_zeroblob(statement, index, 0)
                        : sqlite3_bind_blob64(statement, index, blob.data(), blob.size(), lifetime);
  }
};

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Error Statement::failure() const {
  const std::string_view sql = sqlite3_sql(statement_.get());
  return last_sqlite_error(sqlite3_db_handle(statement_.get()),
                           sql.substr(0, sql.find_first_of("(\n")));
}

Result<void> Statement::bind(std::span<const SqlValue> values, Lifetime lifetime) {
  FS_ASSERT(sqlite3_bind_parameter_count(statement_.get()) == static_cast<int>(values.size()));
  const auto destructor = lifetime == Lifetime::copied ? SQLITE_TRANSIENT : SQLITE_STATIC;
  int index = 0;
  for (const SqlValue& value : values) {
    if (std::visit(Binder{statement_.get(), ++index, destructor}, value.get()) != SQLITE_OK) {
      return failure();
    }
  }
  return {};
}

Result<void> Statement::run_bound(std::span<const SqlValue> values) {
  FS_CHECK(bind(values, Lifetime::until_reset));
  int status = SQLITE_ROW;
  while (status == SQLITE_ROW) status = sqlite3_step(statement_.get());
  if (status == SQLITE_DONE) {
    reset();
    return {};
  }
  Error error = failure();
  reset();
  return error;
}

Result<void> Statement::start_bound(std::span<const SqlValue> values) {
  reset();
  return bind(values, Lifetime::copied);
}

Result<bool> Statement::step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = failure();
  reset();
  return error;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view Statement::text_view(int column) const {
  // As a blob: the bytes as they are, whatever is in them.
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::string Statement::text(int column) const {
  return std::string(text_view(column));
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

}  // namespace foreshock::coordinator
