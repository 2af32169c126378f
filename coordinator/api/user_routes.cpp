#include "coordinator/api/user_routes.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualDays = 30;
constexpr std::size_t kMostDays = 366;
constexpr std::size_t kUsualRows = 100;
constexpr std::size_t kMostRows = 10'000;

Json summary_json(const UserSummary& user) {
  return {{"uid", user.uid},
          {"hosts", user.hosts},
          {"commands", user.commands},
          {"cpu_s", number_json(user.cpu_s)},
          {"first_seen", time_json(user.first_seen)},
          {"last_seen", time_json(user.last_seen)}};
}

Json profile_json(const UserProfile& profile, const std::vector<Tag>& tags,
                  const HostNames& names) {
  Json json = summary_json(profile.summary);
  const auto hours = profile.usual_hours();
  json["cut"] = profile.is_cut;
  json["typed"] = profile.typed;
  json["failed"] = profile.failed;
  json["usual_hours"] = {{"first", hours.first}, {"count", hours.count}};
  json["by_hour"] = profile.by_hour;
  json["by_weekday"] = profile.by_weekday;
  json["active_days"] = profile.active_days;
  json["cpu_s_per_active_day"] = number_json(
      profile.active_days == 0 ? 0.0
                               : profile.summary.cpu_s / static_cast<double>(profile.active_days));
  json["busiest_day_cpu_s"] = number_json(profile.busiest_day_cpu_s);
  json["peak_rss_bytes"] = profile.peak_rss_bytes;
  json["read_bytes"] = profile.read_bytes;
  json["written_bytes"] = profile.written_bytes;
  json["different_commands"] = profile.different_commands;
  Json commands = Json::array();
  for (const auto& one : profile.commands) {
    commands.push_back({{"signature", one.signature},
                        {"runs", one.runs},
                        {"cpu_s", number_json(one.cpu_s)},
                        {"peak_rss_bytes", one.peak_rss_bytes},
                        {"last_seen", time_json(one.last_seen)}});
  }
  json["top_commands"] = std::move(commands);
  Json places = Json::array();
  std::set<std::string> all_tags;
  for (const auto& place : profile.places) {
    places.push_back({{"host", name_of(place.workload.host, names)},
                      {"cgroup", place.workload.cgroup},
                      {"runs", place.runs}});
    for (const Tag& tag : tags_of(tags, place.workload)) all_tags.insert(tag.key + "=" + tag.value);
  }
  json["places"] = std::move(places);
  json["tags"] = all_tags;
  return json;
}

}  // namespace

void UserRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/users",
                 [this](const HttpRequest& request) { return list(request); });
  add_json_route(server, "GET", "/v1/users/:uid",
                 [this](const HttpRequest& request) { return show(request); });
}

Result<std::string> UserRoutes::list(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto days = query.count("days", kUsualDays, kMostDays);
  const auto limit = query.count("limit", kUsualRows, kMostRows);
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  const WallTime now = parts_.clock.wall_now();
  Json users = Json::array();
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto found, parts_.users.list({now - std::chrono::days(days), now, host, limit}));
  for (const auto& user : found) users.push_back(summary_json(user));
  return dump({{"days", days}, {"users", std::move(users)}});
}

Result<std::string> UserRoutes::show(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto days = query.count("days", kUsualDays, kMostDays);
  FS_CHECK(query.finish());
  FS_TRY(const auto uid, parse_uid(request.path_parameters.at("uid")));
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  const WallTime now = parts_.clock.wall_now();
  const UserQuery wanted{now - std::chrono::days(days), now, host};
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto profile, parts_.users.profile(uid, wanted));
  if (profile.summary.commands == 0) {
    FS_TRY(const auto known, parts_.users.list(wanted));
    std::vector<std::string> uids;
    for (const auto& one : known) uids.push_back(std::to_string(one.uid));
    return Error(ErrorCode::not_found,
                 fmt::format("user {} ran nothing in the last {} days; others did: {}", uid, days,
                             list_some(uids)));
  }
  Json json = profile_json(profile, parts_.learned.read()->tags, names);
  json["days"] = days;
  return dump(json);
}

}  // namespace foreshock::coordinator
