#include "coordinator/anomaly/anomaly_log.h"

#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/anomaly_migrations.h"

namespace foreshock::coordinator {

Result<std::unique_ptr<AnomalyLog>> AnomalyLog::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::anomaly_migrations()));
  FS_TRY(auto add,
         database.prepare("INSERT OR IGNORE INTO anomaly VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  FS_TRY(auto add_session,
         database.prepare("INSERT OR IGNORE INTO unusual_session VALUES (?, ?, ?, ?, ?, ?, ?)"));
  return std::unique_ptr<AnomalyLog>(
      new AnomalyLog(std::move(database), std::move(add), std::move(add_session)));
}

Result<void> AnomalyLog::add(const std::vector<Anomaly>& anomalies,
                             const std::vector<UnusualSession>& sessions) {
  if (anomalies.empty() && sessions.empty()) return {};
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  for (const Anomaly& one : anomalies) {
    FS_CHECK(add_.run(to_ms(one.time), one.key.workload.host, one.key.workload.cgroup,
                      to_string(one.key.quantity), one.value, one.score, one.agreeing, one.detector,
                      one.reason));
  }
  for (const UnusualSession& one : sessions) {
    FS_CHECK(add_session_.run(to_ms(one.time), one.host, one.uid, one.score, one.detector,
                              one.command, one.reason));
  }
  FS_CHECK(transaction.commit());
  return database_.checkpoint_if_due();
}

Result<void> AnomalyLog::forget_before(WallTime time) {
  for (const char* sql :
       {"DELETE FROM anomaly WHERE time_ms < ?", "DELETE FROM unusual_session WHERE time_ms < ?"}) {
    FS_TRY(auto forget, database_.prepare(sql));
    FS_CHECK(forget.run(to_ms(time)));
  }
  return {};
}

Result<std::unique_ptr<AnomalyReader>> AnomalyReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::anomaly_migrations()));
  return std::unique_ptr<AnomalyReader>(new AnomalyReader(std::move(database)));
}

Result<std::vector<Anomaly>> AnomalyReader::read(const AnomalyQuery& query) {
  FS_TRY(auto rows, database_.prepare(
                        "SELECT time_ms, host_id, cgroup, quantity, value, score, agreeing, "
                        "detector, reason FROM anomaly WHERE time_ms >= ? ORDER BY time_ms DESC"));
  FS_CHECK(rows.start(to_ms(query.from)));
  std::vector<Anomaly> found;
  while (found.size() < query.limit) {
    FS_TRY(const bool more, rows.step());
    if (!more) break;
    const auto quantity = parse_quantity(rows.text_view(3));
    if (!quantity) continue;
    Anomaly one{.key = {{rows.integer(1), rows.text(2)}, *quantity},
                .time = wall_time_from_ms(rows.integer(0)),
                .value = rows.real(4),
                .score = rows.real(5),
                .agreeing = static_cast<std::size_t>(rows.integer(6)),
                .detector = rows.text(7),
                .reason = rows.text(8)};
    const bool asked_for = (!query.host || one.key.workload.host == *query.host) &&
                           (!query.cgroup || one.key.workload.cgroup == *query.cgroup) &&
                           (!query.confirmed_only || one.is_confirmed());
    if (asked_for) found.push_back(std::move(one));
  }
  return found;
}

Result<std::vector<UnusualSession>> AnomalyReader::read_sessions(const AnomalyQuery& query) {
  std::vector<UnusualSession> found;
  if (query.cgroup) return found;
  FS_TRY(auto rows,
         database_.prepare("SELECT time_ms, host_id, uid, score, detector, command, reason FROM "
                           "unusual_session WHERE time_ms >= ?1 AND (?2 IS NULL OR host_id = ?2) "
                           "ORDER BY time_ms DESC LIMIT ?3"));
  FS_CHECK(rows.start(to_ms(query.from), query.host, query.limit));
  for (;;) {
    FS_TRY(const bool more, rows.step());
    if (!more) return found;
    found.push_back({.host = rows.integer(1),
                     .uid = static_cast<std::uint32_t>(rows.integer(2)),
                     .time = wall_time_from_ms(rows.integer(0)),
                     .score = rows.real(3),
                     .detector = rows.text(4),
                     .command = rows.text(5),
                     .reason = rows.text(6)});
  }
}

}  // namespace foreshock::coordinator
