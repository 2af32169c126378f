#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/app_metric.h"
#include "coordinator/model/series.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// One stored look at a metric. Of a counter also what it grew by a second since the look before.
struct AppMetricPoint {
  WallTime time;
  double value = 0;
  std::optional<double> rate;
  std::optional<Distribution> distribution;
};

struct AppMetricRow {
  std::int64_t id = 0;
  HostId host = 0;
  std::string name;
  std::string labels;
  AppMetricKind kind = AppMetricKind::unknown;
  AppMetricPoint newest;
};

struct AppMetricQuery {
  std::optional<HostId> host;
  std::string text;  ///< in the name or the labels; empty: any
  std::size_t limit = 1000;
};

/// Applications' metrics, on a connection of its own. One thread.
class AppMetricReader {
 public:
  static Result<std::unique_ptr<AppMetricReader>> open(const std::string& path);

  /// By name, each with its newest sample.
  Result<std::vector<AppMetricRow>> list(const AppMetricQuery& query);
  /// In the order of time; the newest `limit` of [from, to).
  Result<std::vector<AppMetricPoint>> points(std::int64_t metric, AppMetricKind kind, WallTime from,
                                             WallTime to, std::size_t limit);

 private:
  explicit AppMetricReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
