#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock {

/// Reads a CSV file with a header row, one row at a time: RFC 4180 quotes, LF or CRLF, empty lines
/// skipped. Memory is bounded by the longest row. Errors say "FILE:LINE: ...".
///
///   FS_TRY(auto csv, CsvReader::open(path));
///   FS_TRY(const auto value, csv.column("value"));
///   while (true) {
///     FS_TRY(const bool more, csv.read_row());
///     if (!more) break;
///     FS_TRY(const double x, csv.number(value));
///   }
class CsvReader {
 public:
  static constexpr std::size_t kMaxRowBytes = 1 << 20;

  /// "-" is standard input. Reads the header row: an empty file is an error.
  static Result<CsvReader> open(const std::string& path);
  /// The same from a text, named in errors.
  static Result<CsvReader> from_text(std::string text, std::string name);

  const std::vector<std::string>& columns() const { return columns_; }
  std::optional<std::size_t> find_column(std::string_view name) const;
  /// `invalid_argument` names what is there instead.
  Result<std::size_t> column(std::string_view name) const;

  /// The next row; false at the end. A row has as many fields as the header. What is read of a row
  /// stays until the next call.
  Result<bool> read_row();
  /// Line of the row in the file, the header is line 1 (a quoted field may span lines: its first).
  std::size_t line() const { return line_; }

  std::string_view text(std::size_t column) const { return fields_[column]; }
  /// A finite number in the C locale's notation.
  Result<double> number(std::size_t column) const;
  Result<std::int64_t> integer(std::size_t column) const;
  /// What parse_utc() takes.
  Result<WallTime> time(std::size_t column) const;
  /// "FILE:LINE: COLUMN: expected a number, got "x"".
  Error error(std::size_t column, std::string_view expected) const;
  /// "FILE:LINE: what".
  Error error(std::string_view what) const;

 private:
  CsvReader(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Result<void> read_header();
  /// The bytes of the next row that is not empty, in buffer_; absent at the end.
  Result<std::optional<std::size_t>> find_row_end();
  Result<bool> fill();
  Result<void> split(std::size_t begin, std::size_t end);

  UniqueFd fd_;
  std::string name_;
  std::string buffer_;
  std::size_t next_ = 0;  ///< first byte of buffer_ not yet consumed
  bool at_end_ = false;
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
  std::vector<std::string> columns_;
  std::vector<std::string_view> fields_;  ///< into buffer_, where quotes are taken off in place
};

/// Writes a CSV file: quotes where RFC 4180 wants them, buffered.
class CsvWriter {
 public:
  /// "-" is standard output. The file is written anew.
  static Result<CsvWriter> open(const std::string& path, const std::vector<std::string>& columns);

  CsvWriter& add(std::string_view text);
  /// The shortest text that reads back as the same number; empty for NaN.
  CsvWriter& add(double number);
  CsvWriter& add(std::int64_t number);
  /// Seconds where the time is a whole second, else milliseconds.
  CsvWriter& add(WallTime time);
  Result<void> end_row();
  /// Everything is with the kernel, the file is closed. Of a writer dropped before, the last rows
  /// are missing.
  Result<void> close();

 private:
  CsvWriter(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  void separate();
  Result<void> flush();

  UniqueFd fd_;
  std::string name_;
  std::string buffer_;
  bool row_begun_ = false;
};

}  // namespace foreshock
