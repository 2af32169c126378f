#pragma once

#include <functional>
#include <mutex>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/anomaly/anomaly_log.h"
#include "coordinator/api/json_views.h"
#include "coordinator/model/learned_state.h"

namespace foreshock::coordinator {

/// GET /v1/anomalies?host&workload&days&all&limit: what was unusual in the last days, newest first;
/// with all=1 also what only one detector found. Borrowed parts outlive it, and it outlives the
/// server.
class AnomalyRoutes {
 public:
  struct Parts {
    AnomalyReader& anomalies;
    const Snapshot<LearnedState>& learned;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit AnomalyRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request);

  Parts parts_;
  std::mutex reader_mutex_;  ///< guards parts_.anomalies
};

}  // namespace foreshock::coordinator
