#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/api/json_views.h"
#include "coordinator/history/history_store.h"
#include "coordinator/history/user_reader.h"
#include "coordinator/model/learned_state.h"

namespace foreshock::coordinator {

/// GET /v1/forecast/tag?tag=key=value&quantity: what all workloads with a tag will use together; of
/// those that have just come, what is expected of each of them.
/// GET /v1/users/:uid/forecast?host: what a user's commands will use, hour by hour; of one who has
/// just come, what other users do.
/// Both are made when they are asked for, from what history has. Borrowed parts outlive it, and it
/// outlives the server.
class PoolRoutes {
 public:
  struct Options {
    std::chrono::nanoseconds step;     ///< of forecasts by tag
    std::chrono::nanoseconds history;  ///< how far back these look
    std::chrono::nanoseconds horizon;
  };
  struct Parts {
    HistoryReader& history;
    UserReader& users;
    const Snapshot<LearnedState>& learned;
    std::function<Result<HostNames>()> host_names;
    const Clock& clock;
  };
  PoolRoutes(Options options, Parts parts) : options_(options), parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> forecast_tag(const HttpRequest& request);
  Result<std::string> forecast_user(const HttpRequest& request);
  /// A user's load by whole hours, and others' where there is too little of it.
  struct UserPast {
    Series load;
    std::size_t hosts = 0;
    std::vector<Series> similar = {};
  };
  Result<UserPast> read_user(std::uint32_t uid, std::optional<HostId> host, WallTime now);
  /// Not known before the user's first command.
  Result<Series> user_load(const UserSummary& user, const UserQuery& hours) const;
  /// Those that have the tag, one in each line of descent: a parent's use has its children's in it.
  Result<std::vector<Workload>> find_tagged(const std::string& tag) const;

  const Options options_;
  const Parts parts_;
  std::mutex readers_mutex_;  ///< guards the readers
};

}  // namespace foreshock::coordinator
