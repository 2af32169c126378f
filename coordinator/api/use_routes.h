#pragma once

#include <functional>
#include <mutex>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "coordinator/api/json_views.h"
#include "coordinator/history/use_reader.h"

namespace foreshock::coordinator {

/// GET /v1/top?host&workload&by&minutes&limit: what commands used, the most first.
/// GET /v1/storms?host&days&limit: workloads that started too many processes to be told one by one.
/// Borrowed parts outlive it, and it outlives the server.
class UseRoutes {
 public:
  struct Parts {
    UseReader& use;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit UseRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> top(const HttpRequest& request);
  Result<std::string> storms(const HttpRequest& request);

  Parts parts_;
  std::mutex reader_mutex_;  ///< guards parts_.use
};

}  // namespace foreshock::coordinator
