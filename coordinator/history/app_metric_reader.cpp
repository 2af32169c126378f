#include "coordinator/history/app_metric_reader.h"

#include <algorithm>
#include <utility>

#include "coordinator/sqlite/migrations.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

/// Of the columns time_ms, value, count, p50, p90, p99, max from `first` on.
AppMetricPoint read_point(const Statement& row, int first) {
  AppMetricPoint point;
  point.time = wall_time_from_ms(row.integer(first));
  point.value = row.real(first + 1);
  if (row.is_null(first + 2)) return point;
  Distribution distribution;
  distribution.count = row.unsigned_integer(first + 2);
  distribution.p50 = row.real(first + 3);
  distribution.p90 = row.real(first + 4);
  distribution.p99 = row.real(first + 5);
  distribution.max = row.real(first + 6);
  distribution.sum = point.value * static_cast<double>(distribution.count);
  point.distribution = distribution;
  return point;
}

/// A counter that went back was started anew: it has grown by what it shows.
std::optional<double> rate_between(const AppMetricPoint& before, const AppMetricPoint& after) {
  const double seconds = std::chrono::duration<double>(after.time - before.time).count();
  if (seconds <= 0) return std::nullopt;
  const double grown = after.value >= before.value ? after.value - before.value : after.value;
  return grown / seconds;
}

}  // namespace

Result<std::unique_ptr<AppMetricReader>> AppMetricReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<AppMetricReader>(new AppMetricReader(std::move(database)));
}

Result<std::vector<AppMetricRow>> AppMetricReader::list(const AppMetricQuery& query) {
  FS_TRY(
      auto select,
      database_.prepare(
          "SELECT m.id, m.host_id, m.name, m.labels, m.kind, s.time_ms, s.value, s.count, s.p50, "
          "s.p90, s.p99, s.max FROM app_metric m JOIN app_metric_sample s ON s.metric_id = m.id "
          "AND s.time_ms = (SELECT max(time_ms) FROM app_metric_sample WHERE metric_id = m.id) "
          "WHERE (?1 IS NULL OR m.host_id = ?1) AND (?2 = '' OR instr(m.name, ?2) OR "
          "instr(m.labels, ?2)) ORDER BY m.name, m.labels, m.host_id LIMIT ?3"));
  FS_CHECK(select.start(query.host, query.text, query.limit));
  std::vector<AppMetricRow> rows;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) break;
    rows.push_back({.id = select.integer(0),
                    .host = select.integer(1),
                    .name = select.text(2),
                    .labels = select.text(3),
                    .kind = parse_app_metric_kind(select.text(4)).value_or(AppMetricKind::unknown),
                    .newest = read_point(select, 5)});
  }
  for (auto& row : rows) {
    if (row.kind != AppMetricKind::counter) continue;
    FS_TRY(const auto last, points(row.id, row.kind, WallTime(), WallTime::max(), 1));
    if (!last.empty()) row.newest.rate = last.back().rate;
  }
  return rows;
}

Result<std::vector<AppMetricPoint>> AppMetricReader::points(std::int64_t metric, AppMetricKind kind,
                                                            WallTime from, WallTime to,
                                                            std::size_t limit) {
  FS_TRY(auto select, database_.prepare("SELECT time_ms, value, count, p50, p90, p99, max FROM "
                                        "app_metric_sample WHERE metric_id = ? AND time_ms < ? "
                                        "ORDER BY time_ms DESC LIMIT ?"));
  // One more than asked for: the first one's rate needs the one before.
  FS_CHECK(select.start(metric, to_ms(to), limit + 1));
  std::vector<AppMetricPoint> points;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) break;
    points.push_back(read_point(select, 0));
    if (points.back().time < from) break;
  }
  std::ranges::reverse(points);
  for (std::size_t i = 1; kind == AppMetricKind::counter && i < points.size(); ++i)
    points[i].rate = rate_between(points[i - 1], points[i]);
  const bool has_extra = points.size() > limit || (!points.empty() && points.front().time < from);
  if (has_extra) points.erase(points.begin());
  return points;
}

}  // namespace foreshock::coordinator
