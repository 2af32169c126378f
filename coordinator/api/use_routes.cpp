#include "coordinator/api/use_routes.h"

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualRows = 30;
constexpr std::size_t kMostRows = 10'000;
constexpr std::size_t kUsualMinutes = 60;
constexpr std::size_t kMostMinutes = std::size_t{366} * 24 * 60;
constexpr std::size_t kUsualDays = 7;
constexpr std::size_t kMostDays = 366;

Json use_json(const CommandUseRow& row, const HostNames& names) {
  return {{"host", name_of(row.workload.host, names)},
          {"workload", row.workload.cgroup},
          {"signature", row.signature},
          {"running", row.running},
          {"ended", row.ended},
          {"failed", row.failed},
          {"withheld", row.withheld},
          {"cpu_s", std::chrono::duration<double>(row.cpu).count()},
          {"rss_bytes", row.rss.count},
          {"read_bytes", row.read.count},
          {"written_bytes", row.written.count},
          {"minor_faults", row.minor_faults},
          {"major_faults", row.major_faults}};
}

Json storm_json(const StormRow& row, const HostNames& names) {
  return {{"host", name_of(row.workload.host, names)},
          {"workload", row.workload.cgroup},
          {"began", time_json(row.began)},
          {"ended", row.ended ? time_json(*row.ended) : Json(nullptr)},
          {"withheld", row.withheld}};
}

}  // namespace

void UseRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/top",
                 [this](const HttpRequest& request) { return top(request); });
  add_json_route(server, "GET", "/v1/storms",
                 [this](const HttpRequest& request) { return storms(request); });
}

Result<std::string> UseRoutes::top(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  CommandUseQuery wanted;
  wanted.cgroup = query.text("workload");
  const auto order = query.text("by").value_or("cpu");
  const auto minutes = query.count("minutes", kUsualMinutes, kMostMinutes);
  wanted.limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  const auto parsed = parse_use_order(order);
  if (!parsed) {
    return Error(ErrorCode::invalid_argument,
                 "by \"" + order + "\": expected cpu, memory, storage, faults, runs or failures");
  }
  wanted.order = *parsed;
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(wanted.host, find_optional_host(host_name, names));
  const WallTime now = parts_.clock.wall_now();
  wanted.from = now - std::chrono::minutes(minutes);
  wanted.to = now + std::chrono::hours(24);  // a host's clock may be ahead
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto rows, parts_.use.top(wanted));
  Json commands = Json::array();
  for (const auto& row : rows) commands.push_back(use_json(row, names));
  return dump({{"minutes", minutes}, {"by", order}, {"commands", std::move(commands)}});
}

Result<std::string> UseRoutes::storms(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto days = query.count("days", kUsualDays, kMostDays);
  const auto limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto rows,
         parts_.use.storms(host, parts_.clock.wall_now() - std::chrono::days(days), limit));
  Json storms = Json::array();
  for (const auto& row : rows) storms.push_back(storm_json(row, names));
  return dump({{"storms", std::move(storms)}});
}

}  // namespace foreshock::coordinator
