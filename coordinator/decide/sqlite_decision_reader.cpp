#include "coordinator/decide/sqlite_decision_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "coordinator/sqlite/migrations.h"
#include "embedded/decision_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxRows = 10'000;
constexpr std::uint64_t kMaxOutcomes = 50;

constexpr std::string_view kSelect =
    "SELECT d.id, d.time_ms, d.policy, d.mode, d.host_name, d.cgroup, d.knob, d.outcome, "
    "d.limit_before, d.wanted, "
    "d.reason, d.details, o.id, o.command_id, o.time_ns, o.status, o.refusal, o.detail, o.cgroup, "
    "o.cgroup_id, o.knob, "
    "o.limit_before, o.requested, o.limit_after, o.cause, o.reaction_ns FROM decision d LEFT JOIN "
    "action_outcome o ON o.id "
    "= "
    "(SELECT id FROM action_outcome WHERE decision_id = d.id ORDER BY time_ns DESC, id DESC LIMIT "
    "1)";

/// The enumerator whose word it is; the first one (unknown, none) for any other word.
template <typename Enum>
Enum parse_word(std::string_view word, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  return Enum{};
}

KnobValue knob_value(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.unsigned_integer(column);
}

ActionOutcome read_outcome(const Statement& row) {
  return {.command_id = row.unsigned_integer(13),
          .decision_id = row.unsigned_integer(0),
          .status = parse_word(row.text_view(15), ActionStatus::dry_run),
          .refusal = parse_word(row.text_view(16), Refusal::over_budget),
          .detail = row.text(17),
          .target = {.path = row.text(18), .id = row.unsigned_integer(19)},
          .knob = parse_word(row.text_view(20), Knob::memory_max),
          .before = knob_value(row, 21),
          .requested = knob_value(row, 22),
          .after = knob_value(row, 23),
          .time = wall_time_from_ns(row.integer(14)),
          .cause = parse_word(row.text_view(24), ActionCause::reflex_end),
          .reaction = row.is_null(25) ? std::nullopt : std::optional(Nanoseconds(row.integer(25)))};
}

DecisionRow read_row(const Statement& row) {
  return {.id = row.unsigned_integer(0),
          .time = wall_time_from_ms(row.integer(1)),
          .policy = row.text(2),
          .mode = row.text(3),
          .host_name = row.text(4),
          .cgroup = row.text(5),
          .knob = row.text(6),
          .outcome = row.text(7),
          .before = knob_value(row, 8),
          .wanted = row.unsigned_integer(9),
          .reason = row.text(10),
          .details = row.text(11),
          .outcomes = {},
          .action_outcome = row.is_null(12) ? std::nullopt : std::optional(read_outcome(row))};
}

}  // namespace

Result<std::unique_ptr<SqliteDecisionReader>> SqliteDecisionReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::decision_migrations()));
  return std::unique_ptr<SqliteDecisionReader>(new SqliteDecisionReader(std::move(database)));
}

Result<std::vector<DecisionRow>> SqliteDecisionReader::select(const std::string& condition,
                                                              std::span<const SqlValue> values) {
  FS_TRY(auto statement, database_.prepare(fmt::format("{} WHERE {}", kSelect, condition)));
  FS_CHECK(statement.start_bound(values));
  std::vector<DecisionRow> rows;
  for (;;) {
    FS_TRY(const bool found, statement.step());
    if (!found) return rows;
    rows.push_back(read_row(statement));
  }
}

Result<std::vector<ActionOutcome>> SqliteDecisionReader::outcomes_of(std::uint64_t id) {
  // The columns of kSelect, for the same reader.
  FS_TRY(auto statement,
         database_.prepare("SELECT o.decision_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, o.id, "
                           "o.command_id, o.time_ns, o.status, o.refusal, o.detail, o.cgroup, "
                           "o.cgroup_id, o.knob, o.limit_before, o.requested, o.limit_after, "
                           "o.cause, o.reaction_ns FROM action_outcome o WHERE decision_id = ? "
                           "ORDER BY time_ns DESC, id DESC LIMIT ?"));
  FS_CHECK(statement.start(id, kMaxOutcomes));
  std::vector<ActionOutcome> outcomes;
  for (;;) {
    FS_TRY(const bool found, statement.step());
    if (!found) return outcomes;
    outcomes.push_back(read_outcome(statement));
  }
}

Result<std::vector<DecisionRow>> SqliteDecisionReader::list(const DecisionQuery& query) {
  std::string condition = "1";
  std::vector<SqlValue> values;
  if (!query.policy.empty()) {
    condition += " AND d.policy = ?";
    values.emplace_back(query.policy);
  }
  if (!query.cgroup.empty()) {
    condition += " AND d.cgroup = ?";
    values.emplace_back(query.cgroup);
  }
  if (query.only_changes) condition += " AND d.outcome IN ('raise', 'lower')";
  values.emplace_back(std::min(query.limit, kMaxRows));
  return select(condition + " ORDER BY d.id DESC LIMIT ?", values);
}

Result<DecisionRow> SqliteDecisionReader::find(std::uint64_t id) {
  FS_TRY(auto rows, select("d.id = ?", std::array{SqlValue(id)}));
  if (rows.empty()) return Error(ErrorCode::not_found, fmt::format("there is no decision {}", id));
  FS_TRY(rows.front().outcomes, outcomes_of(id));
  return std::move(rows.front());
}

}  // namespace foreshock::coordinator
