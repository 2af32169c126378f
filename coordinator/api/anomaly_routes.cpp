#include "coordinator/api/anomaly_routes.h"

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualDays = 7;
constexpr std::size_t kMostDays = 366;
constexpr std::size_t kUsualRows = 50;
constexpr std::size_t kMostRows = 10'000;

Json anomaly_json(const Anomaly& one, const HostNames& names) {
  return {{"time", time_json(one.time)},
          {"host", name_of(one.key.workload.host, names)},
          {"cgroup", one.key.workload.cgroup},
          {"quantity", to_string(one.key.quantity)},
          {"unit", unit_of(one.key.quantity)},
          {"value", number_json(one.value)},
          {"score", number_json(one.score)},
          {"agreeing", one.agreeing},
          {"confirmed", one.is_confirmed()},
          {"detector", one.detector},
          {"reason", one.reason}};
}

Json session_json(const UnusualSession& one, const HostNames& names) {
  return {{"time", time_json(one.time)},
          {"host", name_of(one.host, names)},
          {"uid", one.uid},
          {"score", number_json(one.score)},
          {"detector", one.detector},
          {"command", one.command},
          {"reason", one.reason}};
}

}  // namespace

void AnomalyRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/anomalies",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> AnomalyRoutes::get(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  AnomalyQuery wanted;
  wanted.cgroup = query.text("workload");
  wanted.confirmed_only = !query.flag("all");
  const auto days = query.count("days", kUsualDays, kMostDays);
  wanted.limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(wanted.host, find_optional_host(host_name, names));
  wanted.from = parts_.clock.wall_now() - std::chrono::days(days);

  Json rows = Json::array();
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto found, parts_.anomalies.read(wanted));
  for (const Anomaly& one : found) rows.push_back(anomaly_json(one, names));
  Json sessions = Json::array();
  FS_TRY(const auto unusual, parts_.anomalies.read_sessions(wanted));
  for (const UnusualSession& one : unusual) sessions.push_back(session_json(one, names));
  const auto learned = parts_.learned.read();
  return dump({{"days", days},
               {"all", !wanted.confirmed_only},
               {"watched_series", learned->watched_for_anomalies},
               {"settling_series", learned->settling_for_anomalies},
               {"anomalies", std::move(rows)},
               {"sessions", std::move(sessions)}});
}

}  // namespace foreshock::coordinator
