#pragma once

#include <functional>

#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/api/json_views.h"
#include "coordinator/model/live_view.h"

namespace foreshock::coordinator {

/// GET /v1/sessions?host&uid: what users run on hosts now, what is likely next, how surprising it
/// is; newest first. Borrowed parts outlive it, and it outlives the server.
class SessionRoutes {
 public:
  struct Parts {
    const Snapshot<LiveView>& live;
    std::function<Result<HostNames>()> host_names;
  };
  explicit SessionRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request) const;

  Parts parts_;
};

}  // namespace foreshock::coordinator
