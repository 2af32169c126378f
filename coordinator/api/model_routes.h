#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/http/http_server.h"
#include "coordinator/api/json_views.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/registry/model_store.h"
#include "coordinator/registry/retraining_requests.h"

namespace foreshock::coordinator {

/// Versions of the models of series, below /v1/models. Which series: parameters host (may be left
/// out where there is one), workload (without it the host itself), quantity (cpu_usage).
///
///   GET  /v1/models?host&workload&quantity&limit   all, newest first; filters only
///   GET  /v1/models/show?...&version               one with its scores; without version what
///   serves GET  /v1/models/compare?...&version&with       two of them; without `with` what serves
///   POST /v1/models/pin?...&version, unpin, roll-back
///   POST /v1/models/retrain?...&all                all=1: every series that has a version
///   GET  /v1/models/retraining                     how far that is
///
/// Borrowed parts outlive it, and it outlives the server.
class ModelRoutes {
 public:
  struct Parts {
    ModelStore& store;
    RetrainingRequests& requests;
    std::function<Result<HostNames>()> host_names;
  };
  explicit ModelRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  using Body = Result<std::string>;

  Body list(const HttpRequest& request);
  Body show(const HttpRequest& request);
  Body compare(const HttpRequest& request);
  Body pin(const HttpRequest& request);
  Body unpin(const HttpRequest& request);
  Body roll_back(const HttpRequest& request);
  Body retrain(const HttpRequest& request);
  Body retraining(const HttpRequest& request);

  Result<SeriesKey> read_key(QueryReader& query, const HostNames& names) const;
  /// What serves where no version is named.
  Result<ModelVersion> find(const SeriesKey& key, std::optional<std::int64_t> version);

  Parts parts_;
};

}  // namespace foreshock::coordinator
