#include "common/text/csv.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/text/display.h"

namespace foreshock {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{32} * 1024;

std::string quote_for_error(std::string_view text) {
  return '"' + cut_to_width(make_printable(text), 60) + '"';
}

bool needs_quotes(char letter) {
  return letter == ',' || letter == '"' || letter == '\r' || letter == '\n';
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Takes the quotes off a field that begins with one at `begin`, in place.
/// @return the field, and where it ended in the row (past its closing quote); nullopt when it has
/// no closing quote or something other than a comma behind it.
std::optional<std::pair<std::string_view, std::size_t>> unquote(char* row, std::size_t begin,
                                                                std::size_t end) {
  std::size_t to = begin;
  for (std::size_t from = begin + 1; from < end; ++from) {
    if (row[from] != '"') {
      row[to++] = row[from];
    } else if (from + 1 < end && row[from + 1] == '"') {
      row[to++] = row[from++];
    } else if (from + 1 == end || row[from + 1] == ',') {
      return std::pair(std::string_view(row + begin, to - begin), from + 1);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<CsvReader> CsvReader::open(const std::string& path) {
  const bool is_input = path == "-";
  UniqueFd fd;
  if (is_input) {
    fd = UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  } else {
    FS_TRY(fd, open_at(AT_FDCWD, path, O_RDONLY));
  }
  CsvReader reader(std::move(fd), is_input ? "standard input" : path);
  FS_CHECK(reader.read_header());
  return reader;
}

Result<CsvReader> CsvReader::from_text(std::string text, std::string name) {
  CsvReader reader(UniqueFd(), std::move(name));
  reader.buffer_ = std::move(text);
  reader.at_end_ = true;
  FS_CHECK(reader.read_header());
  return reader;
}

Result<void> CsvReader::read_header() {
  // Until the header is known any number of fields is right.
  FS_TRY(const bool any, read_row());
  if (!any) return Error(ErrorCode::invalid_argument, name_ + ": empty, expected a header row");
  columns_.assign(fields_.begin(), fields_.end());
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (columns_[0].starts_with(kByteOrderMark)) columns_[0].erase(0, kByteOrderMark.size());
  return {};
}

std::optional<std::size_t> CsvReader::find_column(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

Result<std::size_t> CsvReader::column(std::string_view name) const {
  if (const auto found = find_column(name)) return *found;
  return Error(
      ErrorCode::invalid_argument,
      fmt::format("{}:1: no column \"{}\", there are: {}", name_, name,
                  cut_to_width(make_printable(fmt::format("{}", fmt::join(columns_, ", "))), 200)));
}

Result<bool> CsvReader::fill() {
  if (at_end_) return false;
  buffer_.erase(0, next_);
  next_ = 0;
  const std::size_t known = buffer_.size();
  buffer_.resize(known + kChunkBytes);
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), buffer_.data() + known, kChunkBytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(known + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return error_from_errno("read " + name_);
  at_end_ = got == 0;
  return true;
}

Result<std::optional<std::size_t>> CsvReader::find_row_end() {
  std::size_t scanned = 0;
  bool quoted = false;
  while (true) {
    const char* begin = buffer_.data() + next_;
    const std::size_t size = buffer_.size() - next_;
    while (scanned < size) {
      const auto* end =
          static_cast<const char*>(std::memchr(begin + scanned, '\n', size - scanned));
      const std::size_t stop = end == nullptr ? size : static_cast<std::size_t>(end - begin);
      if (std::count(begin + scanned, begin + stop, '"') % 2 == 1) quoted = !quoted;
      scanned = stop;
      if (end == nullptr) break;
      if (!quoted) return std::optional(next_ + scanned);
      ++scanned;
      ++next_line_;
    }
    if (size > kMaxRowBytes) return error(fmt::format("a row of more than {} bytes", kMaxRowBytes));
    FS_TRY(const bool more, fill());
    if (more) continue;
    if (quoted) return error("a quote that is never closed");
    if (next_ == buffer_.size()) return std::optional<std::size_t>();
    return std::optional(buffer_.size());
  }
}

Result<bool> CsvReader::read_row() {
  while (true) {
    line_ = next_line_;
    FS_TRY(const auto found, find_row_end());
    if (!found) return false;
    const std::size_t begin = next_;
    std::size_t end = *found;
    next_ = std::min(end + 1, buffer_.size());
    ++next_line_;
    if (end > begin && buffer_[end - 1] == '\r') --end;
    if (end == begin) continue;
    FS_CHECK(split(begin, end));
    return true;
  }
}

Result<void> CsvReader::split(std::size_t begin, std::size_t end) {
  fields_.clear();
  char* row = buffer_.data();
  std::size_t at = begin;
  while (true) {
    if (at < end && row[at] == '"') {
      const auto field = unquote(row, at, end);
      if (!field) return error("quotes that do not match");
      fields_.push_back(field->first);
      at = field->second;
    } else {
      const auto* comma = static_cast<const char*>(std::memchr(row + at, ',', end - at));
      const std::size_t stop = comma == nullptr ? end : static_cast<std::size_t>(comma - row);
      fields_.emplace_back(row + at, stop - at);
      at = stop;
    }
    if (at >= end) break;
    ++at;  // the comma; behind it there is a field, be it an empty one
  }
  if (!columns_.empty() && fields_.size() != columns_.size()) {
    return error(fmt::format("{} fields, the header has {}", fields_.size(), columns_.size()));
  }
  return {};
}

Result<double> CsvReader::number(std::size_t column) const {
  const auto number = parse_whole<double>(fields_[column]);
  if (!number || !std::isfinite(*number)) return error(column, "a number");
  return *number;
}

Result<std::int64_t> CsvReader::integer(std::size_t column) const {
  const auto number = parse_whole<std::int64_t>(fields_[column]);
  if (!number) return error(column, "a whole number");
  return *number;
}

Result<WallTime> CsvReader::time(std::size_t column) const {
  const auto time = parse_utc(fields_[column]);
  if (!time) return error(column, "a time like 2026-11-21T23:31:03Z");
  return *time;
}

Error CsvReader::error(std::size_t column, std::string_view expected) const {
  return {ErrorCode::invalid_argument,
          fmt::format("{}:{}: {}: expected {}, got {}", name_, line_, columns_[column], expected,
                      quote_for_error(fields_[column]))};
}

Error CsvReader::error(std::string_view what) const {
  return {ErrorCode::invalid_argument, fmt::format("{}:{}: {}", name_, line_, what)};
}

Result<CsvWriter> CsvWriter::open(const std::string& path,
                                  const std::vector<std::string>& columns) {
  const bool is_output = path == "-";
  UniqueFd fd;
  if (is_output) {
    fd = UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  } else {
    FS_TRY(fd, open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
  }
  CsvWriter writer(std::move(fd), is_output ? "standard output" : path);
  for (const auto& column : columns) writer.add(column);
  FS_CHECK(writer.end_row());
  return writer;
}

void CsvWriter::separate() {
  if (row_begun_) buffer_ += ',';
  row_begun_ = true;
}

CsvWriter& CsvWriter::add(std::string_view text) {
  separate();
  if (std::ranges::none_of(text, needs_quotes)) {
    buffer_ += text;
    return *this;
  }
  buffer_ += '"';
  for (const char letter : text) {
    if (letter == '"') buffer_ += '"';
    buffer_ += letter;
  }
  buffer_ += '"';
  return *this;
}

CsvWriter& CsvWriter::add(double number) {
  separate();
  if (!std::isnan(number)) fmt::format_to(std::back_inserter(buffer_), "{}", number);
  return *this;
}

CsvWriter& CsvWriter::add(std::int64_t number) {
  separate();
  const fmt::format_int text(number);
  buffer_.append(text.data(), text.size());
  return *this;
}

CsvWriter& CsvWriter::add(WallTime time) {
  std::string text = format_utc(time);
  constexpr std::string_view kWholeSecond = ".000Z";
  if (text.ends_with(kWholeSecond))
    text.replace(text.size() - kWholeSecond.size(), kWholeSecond.size(), "Z");
  return add(std::string_view(text));
}

Result<void> CsvWriter::end_row() {
  buffer_ += '\n';
  row_begun_ = false;
  return buffer_.size() < kChunkBytes ? Result<void>() : flush();
}

Result<void> CsvWriter::flush() {
  const auto written = write_all(fd_.get(), as_bytes(buffer_));
  buffer_.clear();
  return written ? written : Result<void>(written.error().in("write " + name_));
}

Result<void> CsvWriter::close() {
  FS_CHECK(flush());
  if (const int fd = fd_.release(); ::close(fd) != 0) return error_from_errno("close " + name_);
  return {};
}

}  // namespace foreshock
