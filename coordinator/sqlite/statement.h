#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/bytes.h"
#include "common/base/result.h"

struct sqlite3_stmt;

namespace foreshock::coordinator {

/// A value to bind. Views are not copied: see Statement for how long they must live.
/// Unsigned 64-bit numbers are kept bit for bit (beyond 2^63 SQL shows them negative); NaN is kept
/// as NULL.
class SqlValue {
 public:
  SqlValue(std::nullopt_t) {}  // NOLINT(google-explicit-constructor): a value is a value
  template <std::integral T>
  SqlValue(T number)
      : value_(static_cast<std::int64_t>(number)) {}  // NOLINT(google-explicit-constructor)
  SqlValue(double number) : value_(number) {}         // NOLINT(google-explicit-constructor)
  SqlValue(std::string_view text) : value_(text) {}   // NOLINT(google-explicit-constructor)
  SqlValue(const std::string& text)
      : value_(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  SqlValue(const char* text)
      : value_(std::string_view(text)) {}    // NOLINT(google-explicit-constructor)
  SqlValue(ByteView blob) : value_(blob) {}  // NOLINT(google-explicit-constructor)
  template <typename T>
  SqlValue(const std::optional<T>& value) {  // NOLINT(google-explicit-constructor)
    if (value) *this = SqlValue(*value);
  }

  using Variant = std::variant<std::monostate, std::int64_t, double, std::string_view, ByteView>;
  const Variant& get() const { return value_; }

 private:
  Variant value_;
};

/// A prepared statement: made once, run often. Outlives its Database harmlessly; same thread as it.
class Statement {
 public:
  /// Binds all parameters in order, runs to the end (rows are skipped), and is ready for the next
  /// run.
  template <typename... Values>
  Result<void> run(const Values&... values) {
    return run_bound(std::array<SqlValue, sizeof...(Values)>{SqlValue(values)...});
  }
  Result<void> run_bound(std::span<const SqlValue> values);

  /// Binds copies of all parameters in order; step() gives the rows.
  template <typename... Values>
  Result<void> start(const Values&... values) {
    return start_bound(std::array<SqlValue, sizeof...(Values)>{SqlValue(values)...});
  }
  Result<void> start_bound(std::span<const SqlValue> values);

  /// True: there is a row. False: the end; the statement holds no snapshot any more.
  Result<bool> step();
  /// Ends a query before its last row, which frees its snapshot.
  void reset();

  // Columns of the row that step() reached, from 0. NULL reads as 0 or "".
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  double real(int column) const;
  std::string text(int column) const;
  /// Valid until the next step, reset or run.
  std::string_view text_view(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  enum class Lifetime { until_reset, copied };

  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  Result<void> bind(std::span<const SqlValue> values, Lifetime lifetime);
  Error failure() const;

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

}  // namespace foreshock::coordinator
