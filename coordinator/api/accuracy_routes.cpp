#include "coordinator/api/accuracy_routes.h"

#include <optional>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualDays = 7;
constexpr std::size_t kMostDays = 366;

Json accuracy_json(const Accuracy& row, const HostNames& names) {
  return {{"host", name_of(row.key.workload.host, names)},
          {"cgroup", row.key.workload.cgroup},
          {"quantity", to_string(row.key.quantity)},
          {"unit", unit_of(row.key.quantity)},
          {"horizon", kHorizonRanges.at(row.range).name},
          {"model", row.model},
          {"points", row.points},
          {"mean_error", number_json(row.mean_error)},
          {"mean_naive_error", number_json(row.mean_naive_error)},
          {"mean_pinball", number_json(row.mean_pinball)},
          {"inside80", number_json(row.inside80)},
          {"inside95", number_json(row.inside95)},
          {"above95", number_json(row.above95)}};
}

}  // namespace

void AccuracyRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/accuracy",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> AccuracyRoutes::get(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto cgroup = query.text("workload");
  const auto quantity = query.text("quantity") ? std::optional(read_quantity(query)) : std::nullopt;
  const auto days = query.count("days", kUsualDays, kMostDays);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));

  const WallTime from = parts_.clock.wall_now() - std::chrono::days(days);
  Json rows = Json::array();
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto all, parts_.accuracy.read(from));
  for (const auto& row : all) {
    const bool asked_for = (!host || row.key.workload.host == *host) &&
                           (!cgroup || row.key.workload.cgroup == *cgroup) &&
                           (!quantity || row.key.quantity == *quantity);
    if (asked_for) rows.push_back(accuracy_json(row, names));
  }
  return dump({{"days", days}, {"accuracy", std::move(rows)}});
}

}  // namespace foreshock::coordinator
