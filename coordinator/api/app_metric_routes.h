#pragma once

#include <functional>
#include <mutex>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "coordinator/api/json_views.h"
#include "coordinator/history/app_metric_reader.h"

namespace foreshock::coordinator {

/// GET /v1/app-metrics?host&text&limit: what applications told about themselves, newest values.
/// GET /v1/app-metrics/:id?minutes&limit: one metric's samples. Borrowed parts outlive it, and it
/// outlives the server.
class AppMetricRoutes {
 public:
  struct Parts {
    AppMetricReader& metrics;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit AppMetricRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> list(const HttpRequest& request);
  Result<std::string> points(const HttpRequest& request);

  Parts parts_;
  std::mutex reader_mutex_;  ///< guards parts_.metrics
};

}  // namespace foreshock::coordinator
