#include "coordinator/history/sqlite_history_reader.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "coordinator/history/argv_text.h"
#include "coordinator/history/binary_reader.h"
#include "coordinator/history/resample.h"
#include "coordinator/history/sample_columns.h"
#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxSteps = 2'000'000;
constexpr std::size_t kMaxExecutions = 100'000;

/// Columns of a query in the order in which they are read.
class RowCursor {
 public:
  explicit RowCursor(const Statement& statement) : statement_(statement) {}

  std::int64_t integer() { return statement_.integer(column_++); }
  std::uint64_t unsigned_integer() { return statement_.unsigned_integer(column_++); }
  std::uint32_t integer32() { return static_cast<std::uint32_t>(statement_.integer(column_++)); }
  std::optional<std::uint32_t> optional32() {
    const bool null = next_is_null();
    const std::uint32_t value = integer32();
    return null ? std::nullopt : std::optional(value);
  }
  std::optional<std::uint64_t> optional_unsigned() {
    const bool null = next_is_null();
    const std::uint64_t value = unsigned_integer();
    return null ? std::nullopt : std::optional(value);
  }
  bool flag() { return statement_.integer(column_++) != 0; }
  std::string text() { return statement_.text(column_++); }
  std::string_view text_view() { return statement_.text_view(column_++); }
  WallTime time_ms() { return wall_time_from_ms(statement_.integer(column_++)); }
  Nanoseconds span_ns() { return Nanoseconds(statement_.integer(column_++)); }
  Bytes bytes() { return Bytes{statement_.unsigned_integer(column_++)}; }
  bool next_is_null() const { return statement_.is_null(column_); }
  void skip() { ++column_; }
  BinaryTraits traits() {
    return read_traits(statement_, std::exchange(column_, column_ + kTraitColumnCount));
  }

 private:
  const Statement& statement_;
  int column_ = 0;
};

/// `read(cursor)` for each row, into a vector.
template <typename Read>
auto read_rows(Statement& statement, Read read)
    -> Result<std::vector<decltype(read(std::declval<RowCursor&>()))>> {
  std::vector<decltype(read(std::declval<RowCursor&>()))> rows;
  for (;;) {
    FS_TRY(const bool row, statement.step());
    if (!row) return rows;
    RowCursor cursor(statement);
    rows.push_back(read(cursor));
  }
}

HostRow read_host(RowCursor& row) {
  // Braced initialisers run in the order of the columns.
  return {.id = row.integer(),
          .name = row.text(),
          .public_key = row.text(),
          .agent_version = row.text(),
          .first_seen = row.time_ms(),
          .last_seen = row.time_ms(),
          .executions = row.unsigned_integer(),
          .losses = row.unsigned_integer()};
}

/// With a place for kTraitColumns.
constexpr char kSelectExecutions[] =
    "SELECT e.id, e.host_id, e.start_ms, e.pid, e.parent_pid, e.uid, e.gid, e.login_uid, "
    "e.session_id, e.tty, e.cwd, e.ancestry, w.cgroup, w.unit, w.slice, w.container_runtime, "
    "w.container_id, w.container_name, w.pod, "
    "s.text, e.comm, e.filename, "
    "e.argv, e.argv_word_bytes, e.input_files, e.input_bytes, e.largest_input_bytes, "
    "b.id, {}, e.truncated, "
    "e.existing, e.end_ms, e.wait_status, e.connections, e.cpu_ns, "
    "e.user_ns, e.system_ns, "
    "e.peak_rss_bytes, e.read_bytes, e.written_bytes, e.read_calls, e.write_calls, e.minor_faults, "
    "e.major_faults, "
    "e.voluntary_switches, e.involuntary_switches FROM execution e JOIN signature s ON s.id = "
    "e.signature_id "
    "JOIN workload w ON w.id = e.workload_id LEFT JOIN binary b ON b.id = e.binary_id";

std::vector<std::string> read_argv(RowCursor& row) {
  const std::string_view text = row.text_view();
  const bool plain = row.next_is_null();
  const std::string_view word_bytes = row.text_view();
  return split_words(text, plain ? std::nullopt : std::optional(word_bytes));
}

ResourceUse read_use(RowCursor& row) {
  return {.cpu = row.span_ns(),
          .user = row.span_ns(),
          .system = row.span_ns(),
          .peak_rss = row.bytes(),
          .read_bytes = row.bytes(),
          .written_bytes = row.bytes(),
          .read_calls = row.unsigned_integer(),
          .write_calls = row.unsigned_integer(),
          .minor_faults = row.unsigned_integer(),
          .major_faults = row.unsigned_integer(),
          .voluntary_switches = row.unsigned_integer(),
          .involuntary_switches = row.unsigned_integer()};
}

WorkloadIdentity read_identity(RowCursor& row) {
  return {.cgroup = row.text(),
          .unit = row.text(),
          .slice = row.text(),
          .container_runtime = row.text(),
          .container_id = row.text(),
          .container_name = row.text(),
          .pod = row.text()};
}

std::optional<InputFiles> read_inputs(RowCursor& row) {
  const auto files = row.optional32();
  const InputFiles inputs{.count = files.value_or(0), .total = row.bytes(), .largest = row.bytes()};
  return files ? std::optional(inputs) : std::nullopt;
}

std::optional<BinaryTraits> read_binary(RowCursor& row) {
  const bool known = !row.next_is_null();
  row.skip();
  const BinaryTraits traits = row.traits();
  return known ? std::optional(traits) : std::nullopt;
}

ExecutionRow read_execution(RowCursor& row) {
  ExecutionRow execution;
  execution.id = row.integer();
  execution.host = row.integer();
  execution.start = row.time_ms();
  execution.pid = row.integer32();
  execution.parent_pid = row.integer32();
  execution.uid = row.integer32();
  execution.gid = row.integer32();
  execution.login_uid = row.optional32();
  execution.session_id = row.optional32();
  execution.tty = row.text();
  execution.cwd = row.text();
  execution.ancestry = row.text();
  execution.workload = read_identity(row);
  execution.cgroup = execution.workload.cgroup;
  execution.signature = row.text();
  execution.comm = row.text();
  execution.filename = row.text();
  execution.argv = read_argv(row);
  execution.inputs = read_inputs(row);
  execution.binary = read_binary(row);
  execution.truncated = row.flag();
  execution.existing = row.flag();
  if (row.next_is_null()) {
    row.skip();
    row.skip();
    row.skip();
  } else {
    execution.end = row.time_ms();
    execution.wait_status = row.integer32();
    execution.connections = row.optional_unsigned();
  }
  if (!row.next_is_null()) execution.use = read_use(row);
  return execution;
}

/// Conditions joined by AND, and their values.
struct Filter {
  std::string where;
  std::vector<SqlValue> values;

  void add(std::string_view condition, std::initializer_list<SqlValue> bound) {
    where += fmt::format("{} ({})", where.empty() ? " WHERE" : " AND", condition);
    values.insert(values.end(), bound);
  }
};

Filter make_filter(const ExecutionQuery& query) {
  Filter filter;
  if (query.host) filter.add("e.host_id = ?", {*query.host});
  if (query.from) filter.add("e.start_ms >= ?", {to_ms(*query.from)});
  if (query.to) filter.add("e.start_ms < ?", {to_ms(*query.to)});
  if (!query.signature.empty()) {
    filter.add("e.signature_id = (SELECT id FROM signature WHERE text = ?)", {query.signature});
  }
  if (!query.text.empty())
    filter.add("instr(s.text, ?) OR instr(e.argv, ?)", {query.text, query.text});
  return filter;
}

Result<StepGrid> make_grid(const SeriesQuery& query) {
  if (query.step.count() <= 0)
    return Error(ErrorCode::invalid_argument, "read series: the step must be positive");
  std::int64_t span_ns = 0;
  if (__builtin_sub_overflow(to_ns(query.to), to_ns(query.from), &span_ns) || span_ns < 0) {
    return Error(ErrorCode::invalid_argument, "read series: the end is before the beginning");
  }
  const std::int64_t step_ns = query.step.count();
  const auto count = static_cast<std::uint64_t>(span_ns / step_ns + (span_ns % step_ns != 0));
  if (count > kMaxSteps) {
    return Error(
        ErrorCode::invalid_argument,
        fmt::format("read series: {} steps; at most {}: choose a longer step", count, kMaxSteps));
  }
  return StepGrid{.start = query.from, .step = query.step, .count = count};
}

}  // namespace

Result<std::unique_ptr<SqliteHistoryReader>> SqliteHistoryReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<SqliteHistoryReader>(new SqliteHistoryReader(std::move(database)));
}

Result<std::vector<HostRow>> SqliteHistoryReader::hosts() {
  FS_TRY(
      auto select,
      database_.prepare("SELECT id, name, public_key, agent_version, first_seen_ms, last_seen_ms, "
                        "executions, losses FROM host ORDER BY name, id"));
  return read_rows(select, read_host);
}

Result<std::vector<WorkloadRow>> SqliteHistoryReader::workloads(std::optional<HostId> host) {
  FS_TRY(auto select,
         database_.prepare(
             "SELECT host_id, cgroup_id, last_seen_ms, cgroup, unit, slice, container_runtime, "
             "container_id, container_name, pod FROM workload "
             "WHERE cgroup <> '' AND (?1 IS NULL OR host_id = ?1) ORDER BY host_id, cgroup"));
  FS_CHECK(select.start(host));
  return read_rows(select, [](RowCursor& row) {
    WorkloadRow workload{.workload = {.host = row.integer(), .cgroup = {}},
                         .cgroup_id = row.unsigned_integer(),
                         .last_seen = row.time_ms()};
    workload.identity = read_identity(row);
    workload.workload.cgroup = workload.identity.cgroup;
    return workload;
  });
}

Result<std::vector<SeriesKey>> SqliteHistoryReader::series_keys(WallTime active_since) {
  std::string columns;
  for (const SampleColumn& column : sample_columns()) columns += fmt::format(", s.{}", column.name);
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT w.host_id, w.cgroup{} FROM workload w JOIN sample s ON s.workload_id = "
             "w.id AND s.time_ms = (SELECT max(time_ms) FROM sample WHERE workload_id = w.id) "
             "WHERE s.time_ms >= ? ORDER BY w.host_id, w.cgroup",
             columns)));
  FS_CHECK(select.start(to_ms(active_since)));
  std::vector<SeriesKey> keys;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) return keys;
    RowCursor row(select);
    const Workload workload{.host = row.integer(), .cgroup = row.text()};
    for (const SampleColumn& column : sample_columns()) {
      if (!row.next_is_null()) keys.push_back({.workload = workload, .quantity = column.quantity});
      row.skip();
    }
  }
}

Result<Statement*> SqliteHistoryReader::prepare_series(Quantity quantity) {
  if (const auto known = series_.find(quantity); known != series_.end()) return &known->second;
  const SampleColumn* const column = find_sample_column(quantity);
  if (column == nullptr) return Error(ErrorCode::invalid_argument, "read series: unknown quantity");
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT time_ms, {0} FROM sample WHERE workload_id = (SELECT id FROM workload "
             "WHERE host_id = ? AND cgroup = ?) AND time_ms BETWEEN ? AND ? AND {0} NOT NULL "
             "ORDER BY time_ms",
             column->name)));
  return &series_.emplace(quantity, std::move(select)).first->second;
}

Result<Series> SqliteHistoryReader::series(const SeriesQuery& query) {
  FS_TRY(const StepGrid grid, make_grid(query));
  FS_TRY(Statement* const select, prepare_series(query.key.quantity));
  // Neighbours outside the window tell what happened at its borders.
  FS_CHECK(select->start(query.key.workload.host, query.key.workload.cgroup,
                         to_ms(query.from) - kLongestGap.count(),
                         to_ms(query.to) + kLongestGap.count()));
  FS_TRY(const auto points, read_rows(*select, [](RowCursor& row) {
           return SamplePoint{.time_ms = row.integer(), .value = row.integer()};
         }));
  const double scale = find_sample_column(query.key.quantity)->scale;
  return Series{.key = query.key,
                .start = query.from,
                .step = query.step,
                .values = is_counter(query.key.quantity) ? resample_counter(points, grid, scale)
                                                         : resample_gauge(points, grid, scale)};
}

Result<std::vector<ExecutionRow>> SqliteHistoryReader::executions(const ExecutionQuery& query) {
  Filter filter = make_filter(query);
  filter.values.emplace_back(std::min(query.limit, kMaxExecutions));
  FS_TRY(auto select, database_.prepare(fmt::format(
                          "{}{} ORDER BY e.start_ms DESC, e.id DESC LIMIT ?",
                          fmt::format(kSelectExecutions, kTraitColumns), filter.where)));
  FS_CHECK(select.start_bound(filter.values));
  return read_rows(select, read_execution);
}

Result<std::vector<SignatureRuns>> SqliteHistoryReader::signature_runs(WallTime from, WallTime to,
                                                                       std::size_t least) {
  FS_TRY(const auto snapshot, Transaction::begin_read(database_));
  // The index execution_by_start holds all that is read here, in order.
  FS_TRY(auto select,
         database_.prepare(
             "SELECT host_id, signature_id, start_ms FROM execution WHERE start_ms >= ? AND "
             "start_ms < ? AND existing = 0 AND exec_seen = 1 AND signature_id <> 1 "
             "ORDER BY start_ms"));
  FS_CHECK(select.start(to_ms(from), to_ms(to)));
  std::map<std::pair<HostId, std::int64_t>, std::vector<WallTime>> starts;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) break;
    starts[{select.integer(0), select.integer(1)}].push_back(wall_time_from_ms(select.integer(2)));
  }
  FS_TRY(auto find_text, database_.prepare("SELECT text FROM signature WHERE id = ?"));
  FS_TRY(auto find_executables,
         database_.prepare("SELECT base_name FROM signature_executable WHERE signature_id = ? "
                           "ORDER BY base_name"));
  std::vector<SignatureRuns> runs;
  for (auto& [key, times] : starts) {
    if (times.size() < least) continue;
    FS_CHECK(find_text.start(key.second));
    FS_TRY(const bool found, find_text.step());
    if (!found) continue;
    FS_CHECK(find_executables.start(key.second));
    FS_TRY(auto base_names, read_rows(find_executables, [](RowCursor& row) { return row.text(); }));
    runs.push_back({.signature = find_text.text(0),
                    .base_names = std::move(base_names),
                    .host = key.first,
                    .starts = std::move(times)});
  }
  std::ranges::sort(runs, {},
                    [](const SignatureRuns& run) { return std::tie(run.host, run.signature); });
  return runs;
}

Result<SignatureUse> SqliteHistoryReader::signature_use() {
  FS_TRY(auto select, database_.prepare("SELECT count(*) - 1, max(last_seen_ms) FILTER (WHERE id = "
                                        "1) FROM signature"));
  FS_TRY(const auto rows, read_rows(select, [](RowCursor& row) {
           SignatureUse use{.count = row.unsigned_integer(), .last_left_out = {}};
           if (const auto last = row.time_ms(); last != WallTime()) use.last_left_out = last;
           return use;
         }));
  return rows.front();
}

}  // namespace foreshock::coordinator
