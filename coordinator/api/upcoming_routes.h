#pragma once

#include <functional>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/api/json_views.h"
#include "coordinator/model/live_view.h"

namespace foreshock::coordinator {

/// GET /v1/upcoming?host&text&limit: what the hosts' own schedulers are going to run, earliest
/// first. Borrowed parts outlive it, and it outlives the server.
class UpcomingRoutes {
 public:
  struct Parts {
    const Snapshot<LiveView>& live;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit UpcomingRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request) const;

  Parts parts_;
};

}  // namespace foreshock::coordinator
