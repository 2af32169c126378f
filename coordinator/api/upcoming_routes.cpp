#include "coordinator/api/upcoming_routes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualRows = 100;
constexpr std::size_t kMostRows = 10'000;

struct Row {
  HostId host;
  UpcomingCommand command;
};

/// What a host told some time ago may be over, or due again.
std::optional<WallTime> next_time(const UpcomingCommand& command, WallTime now) {
  if (command.time >= now) return command.time;
  if (command.period <= Nanoseconds::zero()) return std::nullopt;
  const auto periods = (now - command.time) / command.period + 1;
  return command.time + command.period * periods;
}

Json upcoming_json(const Row& row, const HostNames& names) {
  const UpcomingCommand& command = row.command;
  return {{"host", name_of(row.host, names)},
          {"time", time_json(command.time)},
          {"source", to_string(command.source)},
          {"name", command.name},
          {"user", command.user},
          {"command", command.command},
          {"period_s",
           command.period > Nanoseconds::zero() ? Json(seconds_of(command.period)) : Json()}};
}

}  // namespace

void UpcomingRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/upcoming",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> UpcomingRoutes::get(const HttpRequest& request) const {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto text = query.text("text").value_or("");
  const auto limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto wanted, find_optional_host(host_name, names));

  const WallTime now = parts_.clock.wall_now();
  std::vector<Row> rows;
  for (const auto& host : parts_.live.read()->hosts) {
    if (wanted && host.id != *wanted) continue;
    for (UpcomingCommand command : host.upcoming) {
      const bool asked_for = command.command.find(text) != std::string::npos ||
                             command.name.find(text) != std::string::npos;
      const auto time = next_time(command, now);
      if (!asked_for || !time) continue;
      command.time = *time;
      rows.push_back({host.id, std::move(command)});
    }
  }
  std::ranges::stable_sort(rows, {}, [](const Row& row) { return row.command.time; });
  if (rows.size() > limit) rows.resize(limit, rows.front());
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(upcoming_json(row, names));
  return dump({{"upcoming", std::move(list)}});
}

}  // namespace foreshock::coordinator
