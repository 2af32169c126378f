#pragma once

#include <functional>
#include <mutex>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/api/json_views.h"
#include "coordinator/history/user_reader.h"
#include "coordinator/model/learned_state.h"

namespace foreshock::coordinator {

/// GET /v1/users?host&days&limit: who ran commands in the last days, most first.
/// GET /v1/users/:uid?host&days: the behaviour of one: hours, commands, load, places and their
/// tags. Borrowed parts outlive it, and it outlives the server.
class UserRoutes {
 public:
  struct Parts {
    UserReader& users;
    const Snapshot<LearnedState>& learned;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  explicit UserRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> list(const HttpRequest& request);
  Result<std::string> show(const HttpRequest& request);

  Parts parts_;
  std::mutex reader_mutex_;  ///< guards parts_.users
};

}  // namespace foreshock::coordinator
