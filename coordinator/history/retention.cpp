#include "coordinator/history/retention.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace foreshock::coordinator {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;

Result<std::int64_t> oldest_record_ms(const Database& database) {
  return database.read_integer(
      "SELECT min(coalesce((SELECT min(start_ms) FROM execution), 9223372036854775807),"
      " coalesce((SELECT min((SELECT min(time_ms) FROM sample WHERE workload_id = workload.id)) "
      "FROM workload),"
      " 9223372036854775807))");
}

/// What is older than the result goes in this step.
Result<std::int64_t> choose_cutoff(const Database& database, std::int64_t before_ms,
                                   bool too_large) {
  if (!too_large) return before_ms;
  FS_TRY(const auto oldest, oldest_record_ms(database));
  if (oldest > std::numeric_limits<std::int64_t>::max() - kMinuteMs) return before_ms;
  return std::max(before_ms, oldest + kMinuteMs);
}

Result<std::int64_t> remove_executions(const Database& database, std::int64_t cutoff_ms,
                                       std::int64_t limit) {
  FS_TRY(auto remove,
         database.prepare("DELETE FROM execution WHERE id IN (SELECT id FROM execution "
                          "WHERE start_ms < ? ORDER BY start_ms LIMIT ?)"));
  FS_CHECK(remove.run(cutoff_ms, limit));
  return database.changes();
}

Result<std::vector<std::int64_t>> workloads_with_samples_before(const Database& database,
                                                                std::int64_t cutoff_ms) {
  FS_TRY(auto find,
         database.prepare("SELECT id FROM workload WHERE (SELECT min(time_ms) FROM sample "
                          "WHERE workload_id = workload.id) < ?"));
  FS_CHECK(find.start(cutoff_ms));
  std::vector<std::int64_t> ids;
  for (;;) {
    FS_TRY(const bool row, find.step());
    if (!row) return ids;
    ids.push_back(find.integer(0));
  }
}

Result<std::int64_t> remove_samples(const Database& database, std::int64_t cutoff_ms,
                                    std::int64_t limit) {
  FS_TRY(const auto ids, workloads_with_samples_before(database, cutoff_ms));
  FS_TRY(auto remove,
         database.prepare(
             "DELETE FROM sample WHERE workload_id = ?1 AND time_ms IN (SELECT time_ms "
             "FROM sample WHERE workload_id = ?1 AND time_ms < ?2 ORDER BY time_ms LIMIT ?3)"));
  std::int64_t removed = 0;
  for (const std::int64_t id : ids) {
    if (removed >= limit) break;
    FS_CHECK(remove.run(id, cutoff_ms, limit - removed));
    removed += database.changes();
  }
  return removed;
}

/// Rows of small tables that no row of the big ones names any more; each is at least as new as
/// those that did.
Result<std::int64_t> remove_unused(const Database& database, std::int64_t cutoff_ms) {
  std::int64_t removed = 0;
  for (const char* sql :
       {"DELETE FROM loss WHERE minute_ms < ?", "DELETE FROM command_use WHERE minute_ms < ?",
        "DELETE FROM exec_storm WHERE began_ms < ?", "DELETE FROM action_outcome WHERE time_ms < ?",
        // Metric by metric, because that is how the table is ordered.
        // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
        "DELETE FROM app_metric_sample WHERE metric_id IN (SELECT id FROM app_metric) AND "
        "time_ms < ?",
        "DELETE FROM app_metric WHERE last_seen_ms < ?",
        // Told once a day: executions that name it may be a day newer, or two.
        "DELETE FROM binary WHERE last_seen_ms < ? - 172800000",
        "DELETE FROM workload WHERE last_seen_ms < ?", "DELETE FROM boot WHERE last_seen_ms < ?",
        "DELETE FROM signature_executable WHERE signature_id IN (SELECT id FROM signature WHERE "
        "last_seen_ms < ? AND id <> 1)",
        "DELETE FROM signature WHERE last_seen_ms < ? AND id <> 1",
        // The newest of a host stays: its agent may send the same batches again.
        "DELETE FROM delivery WHERE last_seen_ms < ? AND EXISTS (SELECT 1 FROM delivery AS newer "
        "WHERE newer.host_id = delivery.host_id AND (newer.last_seen_ms, newer.id) > "
        "(delivery.last_seen_ms, delivery.id))"}) {
    FS_TRY(auto remove, database.prepare(sql));
    FS_CHECK(remove.run(cutoff_ms));
    removed += database.changes();
  }
  return removed;
}

}  // namespace

Result<Removed> remove_oldest(const Database& database, std::int64_t before_ms,
                              std::uint64_t max_bytes, const RetentionStep& step) {
  FS_TRY(const auto bytes_before, database.used_bytes());
  FS_TRY(const auto cutoff_ms, choose_cutoff(database, before_ms, bytes_before > max_bytes));
  Removed removed;
  FS_TRY(removed.executions, remove_executions(database, cutoff_ms, step.max_executions));
  FS_TRY(removed.samples, remove_samples(database, cutoff_ms, step.max_samples));
  const bool all_before_cutoff =
      removed.executions < step.max_executions && removed.samples < step.max_samples;
  if (all_before_cutoff) {
    FS_TRY(removed.others, remove_unused(database, cutoff_ms));
  }
  FS_TRY(const auto bytes_after, database.used_bytes());
  const bool small_enough = bytes_after <= max_bytes;
  const bool stuck = removed.executions == 0 && removed.samples == 0;
  removed.done = all_before_cutoff && (small_enough || stuck);
  return removed;
}

}  // namespace foreshock::coordinator
