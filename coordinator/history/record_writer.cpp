#include "coordinator/history/record_writer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "coordinator/history/argv_text.h"

namespace foreshock::coordinator {

namespace {

template <std::size_t First, std::size_t Second>
constexpr std::array<const char*, First + Second> joined(
    const std::array<const char*, First>& first, const std::array<const char*, Second>& second) {
  std::array<const char*, First + Second> all{};
  std::ranges::copy(second, std::ranges::copy(first, all.begin()).out);
  return all;
}

/// How it ended and what it had used.
constexpr std::array kUse = {
    "wait_status",          "cpu_ns",       "user_ns",       "system_ns",
    "peak_rss_bytes",       "read_bytes",   "written_bytes", "read_calls",
    "write_calls",          "minor_faults", "major_faults",  "voluntary_switches",
    "involuntary_switches", "connections"};

/// Which execution it is.
constexpr std::array kIdentity = {"boot_id", "process_start_ns", "pid", "exec_ns"};
/// What is known about it, in the order in which write_execution() binds it.
constexpr auto kFacts = joined(std::array{"end_ms",
                                          "host_id",
                                          "start_ms",
                                          "parent_pid",
                                          "parent_start_ns",
                                          "uid",
                                          "gid",
                                          "login_uid",
                                          "session_id",
                                          "workload_id",
                                          "cgroup_id",
                                          "signature_id",
                                          "comm",
                                          "filename",
                                          "argv",
                                          "argv_word_bytes",
                                          "argv_true_bytes",
                                          "truncated",
                                          "redacted",
                                          "existing",
                                          "exec_seen",
                                          "earlier_execs",
                                          "cwd",
                                          "tty",
                                          "ancestry",
                                          "input_files",
                                          "input_bytes",
                                          "largest_input_bytes",
                                          "binary_id"},
                               kUse);

/// "?5, ?6, ?7".
std::string parameters(std::size_t first, std::size_t count) {
  std::string text;
  for (std::size_t i = first; i < first + count; ++i) {
    text += fmt::format("{}?{}", text.empty() ? "" : ", ", i);
  }
  return text;
}

std::string add_execution_sql() {
  return fmt::format("INSERT INTO execution ({}, {}) VALUES ({}) ON CONFLICT ({}) DO NOTHING",
                     fmt::join(kIdentity, ", "), fmt::join(kFacts, ", "),
                     parameters(1, kIdentity.size() + kFacts.size()), fmt::join(kIdentity, ", "));
}

/// An end that is known stays: a record without one may have been overtaken by the record that has
/// it.
std::string replace_execution_sql() {
  return fmt::format(
      "UPDATE execution SET ({}) = ({}) WHERE ({}) = ({}) AND (?5 IS NOT NULL OR end_ms IS NULL)",
      fmt::join(kFacts, ", "), parameters(kIdentity.size() + 1, kFacts.size()),
      fmt::join(kIdentity, ", "), parameters(1, kIdentity.size()));
}

/// The end of a process whose exec was recorded by an agent that has died since: its successor
/// knows the process from /proc, or not at all.
std::string adopt_end_sql() {
  constexpr auto kEnd = joined(std::array{"end_ms"}, kUse);
  return fmt::format(
      "UPDATE execution SET ({}) = ({}) WHERE id = (SELECT id FROM execution WHERE boot_id = ?1 "
      "AND "
      "process_start_ns = ?2 AND pid = ?3 AND exec_seen = 1 AND existing = 0 ORDER BY exec_ns DESC "
      "LIMIT 1)",
      fmt::join(kEnd, ", "), parameters(4, kEnd.size()));
}

/// "bash < sshd < systemd" of names that are each ended by NUL.
std::string ancestry_text(std::string_view names) {
  std::string text;
  while (!names.empty()) {
    const auto name = names.substr(0, names.find('\0'));
    text += fmt::format("{}{}", text.empty() ? "" : " < ", name);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return text;
}

std::string add_sample_sql() {
  std::string names;
  for (const SampleColumn& column : sample_columns()) names += fmt::format(", {}", column.name);
  return fmt::format(
      "INSERT INTO sample (workload_id, time_ms{}) VALUES ({}) ON CONFLICT DO NOTHING", names,
      parameters(1, 2 + sample_columns().size()));
}

}  // namespace

std::int64_t wall_ms(const Report& report, BootTime time) {
  std::int64_t ns = 0;
  if (__builtin_add_overflow(time.time_since_epoch().count(), report.wall_minus_boot.count(),
                             &ns)) {
    ns = time.time_since_epoch().count() > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  }
  return std::max<std::int64_t>(ns, 0) / 1'000'000;
}

Result<RecordWriter> RecordWriter::make(const Database& database) {
  FS_TRY(auto add_execution, database.prepare(add_execution_sql()));
  FS_TRY(auto replace_execution, database.prepare(replace_execution_sql()));
  FS_TRY(auto adopt_end, database.prepare(adopt_end_sql()));
  FS_TRY(auto add_sample, database.prepare(add_sample_sql()));
  FS_TRY(auto add_loss,
         database.prepare("INSERT INTO loss (minute_ms, host_id, hop, count) VALUES (?, ?, ?, ?) "
                          "ON CONFLICT DO UPDATE SET count = count + excluded.count"));
  FS_TRY(
      auto add_outcome,
      database.prepare(
          "INSERT INTO action_outcome (time_ms, host_id, command_id, decision_id, status, refusal, "
          "detail, cgroup, cgroup_id, knob, before, requested, after) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  FS_TRY(
      auto write_identity,
      database.prepare(
          "UPDATE workload SET unit = ?2, slice = ?3, container_runtime = ?4, container_id = ?5, "
          "container_name = CASE WHEN ?6 = '' THEN container_name ELSE ?6 END, pod = ?7 "
          "WHERE id = ?1"));
  FS_TRY(auto add_tally,
         database.prepare(
             "UPDATE tally SET count = count + CASE name WHEN 'execution' THEN ?1 ELSE ?2 "
             "END WHERE name IN ('execution', 'sample')"));
  return RecordWriter(database, std::move(add_execution), std::move(replace_execution),
                      std::move(adopt_end), std::move(add_sample), std::move(add_loss),
                      std::move(add_outcome), std::move(write_identity), std::move(add_tally));
}

RecordWriter::RecordWriter(const Database& database, Statement add_execution,
                           Statement replace_execution, Statement adopt_end, Statement add_sample,
                           Statement add_loss, Statement add_outcome, Statement write_identity,
                           Statement add_tally)
    : database_(&database),
      add_execution_(std::move(add_execution)),
      replace_execution_(std::move(replace_execution)),
      adopt_end_(std::move(adopt_end)),
      add_sample_(std::move(add_sample)),
      add_loss_(std::move(add_loss)),
      add_outcome_(std::move(add_outcome)),
      write_identity_(std::move(write_identity)),
      add_tally_(std::move(add_tally)) {}

Result<bool> RecordWriter::adopt_end(const ExecutionIds& ids, const Report& report,
                                     const Execution& execution) {
  const ExecutionEnd& end = *execution.end;
  const ProcessKey& process = execution.facts.process;
  FS_CHECK(adopt_end_.run(ids.boot, to_ns(process.start), process.pid, wall_ms(report, end.time),
                          end.wait_status, end.use.cpu.count(), end.use.user.count(),
                          end.use.system.count(), end.use.peak_rss.count, end.use.read_bytes.count,
                          end.use.written_bytes.count, end.use.read_calls, end.use.write_calls,
                          end.use.minor_faults, end.use.major_faults, end.use.voluntary_switches,
                          end.use.involuntary_switches, end.connections));
  return database_->changes() > 0;
}

Result<bool> RecordWriter::write_execution(const ExecutionIds& ids, const Report& report,
                                           const Execution& execution) {
  const bool exec_is_unknown = execution.existing || !execution.exec_seen;
  if (exec_is_unknown && execution.end) {
    FS_TRY(const bool adopted, adopt_end(ids, report, execution));
    if (adopted) return false;
  }
  const ProcessFacts& facts = execution.facts;
  const ArgvText argv = join_words(execution.argv.split());
  const std::string ancestry = ancestry_text(execution.ancestry);
  const auto& end = execution.end;
  const auto of_end = [&end](auto value) {
    return end ? SqlValue(value(*end)) : SqlValue(std::nullopt);
  };
  const auto& inputs = execution.inputs;
  const auto of_inputs = [&inputs](auto value) {
    return inputs ? SqlValue(value(*inputs)) : SqlValue(std::nullopt);
  };
  const ResourceUse* use = nullptr;
  if (end && end->use_known) use = &end->use;
  if (!end && execution.so_far) use = &execution.so_far->use;
  const auto of_use = [use](auto value) {
    return use != nullptr ? SqlValue(value(*use)) : SqlValue(std::nullopt);
  };
  const std::array values = {
      SqlValue(ids.boot),
      SqlValue(to_ns(facts.process.start)),
      SqlValue(facts.process.pid),
      SqlValue(to_ns(execution.exec_time)),
      of_end([&](const ExecutionEnd& e) { return wall_ms(report, e.time); }),
      SqlValue(ids.host),
      SqlValue(wall_ms(report, execution.exec_time)),
      SqlValue(facts.parent.pid),
      SqlValue(to_ns(facts.parent.start)),
      SqlValue(facts.identity.uid),
      SqlValue(facts.identity.gid),
      SqlValue(facts.identity.login_uid),
      SqlValue(facts.identity.session_id),
      SqlValue(ids.workload),
      SqlValue(facts.cgroup_id),
      SqlValue(ids.signature),
      SqlValue(facts.comm),
      SqlValue(execution.filename),
      SqlValue(argv.text),
      SqlValue(argv.word_bytes),
      SqlValue(execution.argv.true_bytes),
      SqlValue(execution.argv.truncated()),
      SqlValue(execution.argv.redacted),
      SqlValue(execution.existing),
      SqlValue(execution.exec_seen),
      SqlValue(execution.earlier_execs),
      SqlValue(execution.cwd),
      SqlValue(execution.tty),
      SqlValue(ancestry),
      of_inputs([](const InputFiles& files) { return files.count; }),
      of_inputs([](const InputFiles& files) { return files.total.count; }),
      of_inputs([](const InputFiles& files) { return files.largest.count; }),
      SqlValue(execution.binary == 0 ? std::nullopt : std::optional(execution.binary)),
      of_end([](const ExecutionEnd& e) { return e.wait_status; }),
      of_use([](const ResourceUse& u) { return u.cpu.count(); }),
      of_use([](const ResourceUse& u) { return u.user.count(); }),
      of_use([](const ResourceUse& u) { return u.system.count(); }),
      of_use([](const ResourceUse& u) { return u.peak_rss.count; }),
      of_use([](const ResourceUse& u) { return u.read_bytes.count; }),
      of_use([](const ResourceUse& u) { return u.written_bytes.count; }),
      of_use([](const ResourceUse& u) { return u.read_calls; }),
      of_use([](const ResourceUse& u) { return u.write_calls; }),
      of_use([](const ResourceUse& u) { return u.minor_faults; }),
      of_use([](const ResourceUse& u) { return u.major_faults; }),
      of_use([](const ResourceUse& u) { return u.voluntary_switches; }),
      of_use([](const ResourceUse& u) { return u.involuntary_switches; }),
      of_end([](const ExecutionEnd& e) { return e.connections; })};
  static_assert(std::tuple_size_v<decltype(values)> == kIdentity.size() + kFacts.size());
  FS_CHECK(add_execution_.run_bound(values));
  if (database_->changes() > 0) return true;
  FS_CHECK(replace_execution_.run_bound(values));
  return false;
}

Result<bool> RecordWriter::write_sample(std::int64_t workload_id, std::int64_t time_ms,
                                        const SampleRow& row) {
  // In the order of sample_columns().
  FS_CHECK(add_sample_.run(
      workload_id, time_ms, row.cpu_usage_ns, row.cpu_throttled_ns, row.memory_used_bytes,
      row.memory_current_bytes, row.process_count, row.cpu_pressure_ns, row.memory_pressure_ns,
      row.oom_kills, row.load1_permille, row.disk_read_bytes, row.disk_written_bytes,
      row.disk_busy_ns, row.network_received_bytes, row.network_sent_bytes,
      row.connections_accepted, row.connections_opened, row.service_time_p95_us));
  return database_->changes() > 0;
}

Result<void> RecordWriter::add_loss(std::int64_t host_id, std::int64_t minute_ms,
                                    const Loss& loss) {
  return add_loss_.run(minute_ms, host_id, to_string(loss.hop), loss.count);
}

Result<void> RecordWriter::write_identity(std::int64_t workload_id,
                                          const WorkloadIdentity& identity) {
  return write_identity_.run(workload_id, identity.unit, identity.slice, identity.container_runtime,
                             identity.container_id, identity.container_name, identity.pod);
}

Result<void> RecordWriter::write_outcome(std::int64_t host_id, const ActionOutcome& outcome) {
  const std::int64_t time_ms = std::max<std::int64_t>(to_ms(outcome.time), 0);
  return add_outcome_.run(time_ms, host_id, outcome.command_id, outcome.decision_id,
                          to_string(outcome.status), to_string(outcome.refusal), outcome.detail,
                          outcome.target.path, outcome.target.id, to_string(outcome.knob),
                          outcome.before, outcome.requested, outcome.after);
}

Result<void> RecordWriter::add_to_tally(std::int64_t executions, std::int64_t samples) {
  return add_tally_.run(executions, samples);
}

}  // namespace foreshock::coordinator
