#include "coordinator/registry/accuracy_log.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/model_migrations.h"

namespace foreshock::coordinator {

namespace {

std::int64_t day_of(WallTime time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

/// Ranges that this program no longer has are left out.
std::optional<std::size_t> find_range(std::string_view name) {
  const auto found = std::ranges::find_if(
      kHorizonRanges, [&](const HorizonRange& range) { return name == range.name; });
  if (found == kHorizonRanges.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kHorizonRanges.begin());
}

}  // namespace

Result<std::unique_ptr<AccuracyLog>> AccuracyLog::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::model_migrations()));
  FS_TRY(auto add,
         database.prepare(
             "INSERT INTO forecast_accuracy VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?) "
             "ON CONFLICT DO UPDATE SET points = points + 1, error = error + excluded.error, "
             "naive_error = naive_error + excluded.naive_error, "
             "pinball = pinball + excluded.pinball, inside80 = inside80 + excluded.inside80, "
             "inside95 = inside95 + excluded.inside95, above95 = above95 + excluded.above95"));
  return std::unique_ptr<AccuracyLog>(new AccuracyLog(std::move(database), std::move(add)));
}

Result<void> AccuracyLog::add(const std::vector<ScoredPoint>& points) {
  if (points.empty()) return {};
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  for (const auto& point : points) {
    FS_CHECK(add_.run(day_of(point.time), point.key.workload.host, point.key.workload.cgroup,
                      to_string(point.key.quantity), kHorizonRanges.at(point.range).name,
                      point.model, point.error, point.naive_error, point.pinball, point.inside80,
                      point.inside95, point.above95));
  }
  FS_CHECK(transaction.commit());
  return database_.checkpoint_if_due();
}

Result<void> AccuracyLog::forget_before(WallTime time) {
  FS_TRY(auto forget, database_.prepare("DELETE FROM forecast_accuracy WHERE day < ?"));
  return forget.run(day_of(time));
}

Result<std::unique_ptr<AccuracyReader>> AccuracyReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::model_migrations()));
  return std::unique_ptr<AccuracyReader>(new AccuracyReader(std::move(database)));
}

Result<std::vector<Accuracy>> AccuracyReader::read(WallTime from) {
  FS_TRY(auto rows,
         database_.prepare(
             "SELECT host_id, cgroup, quantity, horizon, model, sum(points), sum(error), "
             "sum(naive_error), sum(pinball), sum(inside80), sum(inside95), sum(above95) "
             "FROM forecast_accuracy WHERE day >= ? GROUP BY 1, 2, 3, 4, 5"));
  FS_CHECK(rows.start(day_of(from)));
  std::vector<Accuracy> all;
  while (true) {
    FS_TRY(const bool more, rows.step());
    if (!more) break;
    const auto range = find_range(rows.text_view(3));
    const auto quantity = parse_quantity(rows.text_view(2));
    if (!range || !quantity) continue;
    const double points = std::max(1.0, rows.real(5));
    all.push_back({.key = {{rows.integer(0), rows.text(1)}, *quantity},
                   .range = *range,
                   .model = rows.text(4),
                   .points = static_cast<std::size_t>(rows.integer(5)),
                   .mean_error = rows.real(6) / points,
                   .mean_naive_error = rows.real(7) / points,
                   .mean_pinball = rows.real(8) / points,
                   .inside80 = rows.real(9) / points,
                   .inside95 = rows.real(10) / points,
                   .above95 = rows.real(11) / points});
  }
  std::ranges::stable_sort(all, {},
                           [](const Accuracy& row) { return std::pair(row.key, row.range); });
  return all;
}

}  // namespace foreshock::coordinator
