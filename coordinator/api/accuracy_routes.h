#pragma once

#include <functional>
#include <mutex>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "coordinator/api/json_views.h"
#include "coordinator/registry/accuracy_log.h"

namespace foreshock::coordinator {

/// GET /v1/accuracy?host&workload&quantity&days: how the forecasts of the last days came out, by
/// series, horizon and model. Borrowed parts outlive it, and it outlives the server.
class AccuracyRoutes {
 public:
  struct Parts {
    AccuracyReader& accuracy;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit AccuracyRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request);

  Parts parts_;
  std::mutex reader_mutex_;  ///< guards parts_.accuracy
};

}  // namespace foreshock::coordinator
