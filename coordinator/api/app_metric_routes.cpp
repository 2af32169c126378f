#include "coordinator/api/app_metric_routes.h"

#include <algorithm>
#include <charconv>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualRows = 1000;
constexpr std::size_t kMostRows = 10'000;
constexpr std::size_t kUsualMinutes = 60;
constexpr std::size_t kMostMinutes = std::size_t{366} * 24 * 60;

void add_point(const AppMetricPoint& point, Json& into) {
  into["time"] = time_json(point.time);
  into["value"] = number_json(point.value);
  if (point.rate) into["per_second"] = number_json(*point.rate);
  if (!point.distribution) return;
  into["count"] = point.distribution->count;
  into["p50"] = number_json(point.distribution->p50);
  into["p90"] = number_json(point.distribution->p90);
  into["p99"] = number_json(point.distribution->p99);
  into["max"] = number_json(point.distribution->max);
}

Json row_json(const AppMetricRow& row, const HostNames& names) {
  Json json = {{"id", row.id},
               {"host", name_of(row.host, names)},
               {"name", row.name},
               {"labels", row.labels},
               {"kind", to_string(row.kind)}};
  add_point(row.newest, json);
  return json;
}

}  // namespace

void AppMetricRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/app-metrics",
                 [this](const HttpRequest& request) { return list(request); });
  add_json_route(server, "GET", "/v1/app-metrics/:id",
                 [this](const HttpRequest& request) { return points(request); });
}

Result<std::string> AppMetricRoutes::list(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  AppMetricQuery wanted;
  wanted.text = query.text("text").value_or("");
  wanted.limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(wanted.host, find_optional_host(host_name, names));
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto rows, parts_.metrics.list(wanted));
  Json metrics = Json::array();
  for (const auto& row : rows) metrics.push_back(row_json(row, names));
  return dump({{"metrics", std::move(metrics)}});
}

Result<std::string> AppMetricRoutes::points(const HttpRequest& request) {
  QueryReader query(request);
  const auto minutes = query.count("minutes", kUsualMinutes, kMostMinutes);
  const auto limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  const std::string& text = request.path_parameters.at("id");
  std::int64_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return Error(ErrorCode::invalid_argument, "metric \"" + text + "\": expected a number");
  FS_TRY(const auto names, parts_.host_names());
  const WallTime now = parts_.clock.wall_now();
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto rows, parts_.metrics.list({.host = {}, .text = {}, .limit = kMostRows * 100}));
  const auto found = std::ranges::find(rows, id, &AppMetricRow::id);
  if (found == rows.end()) return Error(ErrorCode::not_found, "there is no metric " + text);
  FS_TRY(const auto points,
         parts_.metrics.points(id, found->kind, now - std::chrono::minutes(minutes),
                               now + std::chrono::hours(24), limit));
  Json json = row_json(*found, names);
  Json list = Json::array();
  for (const auto& point : points) add_point(point, list.emplace_back(Json::object()));
  json["points"] = std::move(list);
  return dump(json);
}

}  // namespace foreshock::coordinator
