#include "coordinator/history/app_metric_writer.h"

#include <utility>

#include "coordinator/history/record_writer.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxRemembered = 200'000;

}  // namespace

Result<AppMetricWriter> AppMetricWriter::make(const Database& database) {
  FS_TRY(auto find, database.prepare(
                        "SELECT id FROM app_metric WHERE host_id = ? AND name = ? AND labels = ?"));
  FS_TRY(auto add, database.prepare("INSERT INTO app_metric (host_id, name, labels, kind, "
                                    "last_seen_ms) VALUES (?, ?, ?, ?, 0)"));
  FS_TRY(auto touch,
         database.prepare("UPDATE app_metric SET kind = ?2, last_seen_ms = max(last_seen_ms, ?3) "
                          "WHERE id = ?1"));
  FS_TRY(auto count, database.prepare("SELECT count(*) FROM app_metric WHERE host_id = ?"));
  FS_TRY(auto add_sample,
         database.prepare("INSERT INTO app_metric_sample (metric_id, time_ms, value, count, p50, "
                          "p90, p99, max) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  return AppMetricWriter(database, std::move(find), std::move(add), std::move(touch),
                         std::move(count), std::move(add_sample));
}

AppMetricWriter::AppMetricWriter(const Database& database, Statement find, Statement add,
                                 Statement touch, Statement count, Statement add_sample)
    : database_(&database),
      find_(std::move(find)),
      add_(std::move(add)),
      touch_(std::move(touch)),
      count_(std::move(count)),
      add_sample_(std::move(add_sample)) {}

Result<std::int64_t> AppMetricWriter::id_of(std::int64_t host_id, const AppMetric& metric) {
  Key key(host_id, metric.name, metric.labels);
  if (const auto known = ids_.find(key); known != ids_.end()) return known->second;
  FS_CHECK(find_.start(host_id, metric.name, metric.labels));
  FS_TRY(const bool found, find_.step());
  std::int64_t id = 0;
  if (found) {
    id = find_.integer(0);
    find_.reset();
  } else {
    FS_CHECK(count_.start(host_id));
    FS_TRY([[maybe_unused]] const bool counted, count_.step());
    const auto known = count_.unsigned_integer(0);
    count_.reset();
    if (known >= kMostOfHost) return 0;
    FS_CHECK(add_.run(host_id, metric.name, metric.labels, to_string(metric.kind)));
    id = database_->last_insert_id();
  }
  if (ids_.size() >= kMaxRemembered) ids_.clear();
  ids_.emplace(std::move(key), id);
  return id;
}

Result<void> AppMetricWriter::write(std::int64_t host_id, const Report& report) {
  for (const AppMetric& metric : report.app_metrics) {
    FS_TRY(const auto id, id_of(host_id, metric));
    if (id == 0) {
      ++left_out_;
      continue;
    }
    const auto time_ms = wall_ms(report, metric.time);
    FS_CHECK(touch_.run(id, to_string(metric.kind), time_ms));
    const auto of = [&metric](auto value) {
      return metric.distribution ? SqlValue(value(*metric.distribution)) : SqlValue(std::nullopt);
    };
    FS_CHECK(add_sample_.run(id, time_ms, metric.value,
                             of([](const Distribution& d) { return d.count; }),
                             of([](const Distribution& d) { return d.p50; }),
                             of([](const Distribution& d) { return d.p90; }),
                             of([](const Distribution& d) { return d.p99; }),
                             of([](const Distribution& d) { return d.max; })));
  }
  return {};
}

}  // namespace foreshock::coordinator
