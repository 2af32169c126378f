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
#include "coordinator/api/query_reader.h"
#include "coordinator/forecast/outlook.h"
#include "coordinator/history/history_store.h"
#include "coordinator/history/user_reader.h"
#include "coordinator/model/learned_state.h"

namespace foreshock::coordinator {

/// Forecasts that are made when they are asked for, from what history has, moved by the calendars
/// that help.
///
/// - GET /v1/forecast/ahead?host&workload&quantity&horizon&step: what one series will do, as far
///   ahead as that.
/// - GET /v1/forecast/tag?tag=key=value&quantity&horizon&step: what all workloads with a tag will
///   use together; of those that have just come, what is expected of each of them.
/// - GET /v1/users/:uid/forecast?host: what a user's commands will use, hour by hour; of one who
///   has just come, what other users do.
///
/// Borrowed parts outlive it, and it outlives the server.
class ForecastRoutes {
 public:
  struct Options {
    std::chrono::nanoseconds step;     ///< of forecasts whose horizon is not given
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
  ForecastRoutes(Options options, Parts parts) : options_(options), parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> forecast_ahead(const HttpRequest& request);
  Result<std::string> forecast_tag(const HttpRequest& request);
  Result<std::string> forecast_user(const HttpRequest& request);
  /// As asked for; where no horizon is, as learning looks at series.
  Result<Outlook> read_outlook(QueryReader& query) const;
  /// What these use together, in whole steps up to now.
  Result<Series> read_load(const std::vector<Workload>& workloads, Quantity quantity, WallTime now,
                           std::chrono::nanoseconds step, std::chrono::nanoseconds history);
  Result<Series> read_series(const SeriesKey& key, WallTime now, std::chrono::nanoseconds step,
                             std::chrono::nanoseconds history);
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
