#include "coordinator/api/model_routes.h"

#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualRows = 100;
constexpr std::size_t kMostRows = 10'000;
constexpr std::size_t kMostVersions = std::numeric_limits<std::int32_t>::max();

using Choices = std::map<SeriesKey, ModelChoice>;

std::string_view state_of(const ModelVersion& version, const Choices& choices) {
  const auto choice = choices.find(version.key);
  const bool serves = choice != choices.end() && choice->second.serving == version.version;
  if (serves) return choice->second.pinned ? "pinned" : "serves";
  return version.is_held_back ? "held back" : "replaced";
}

Json version_json(const ModelVersion& version, const Choices& choices, const HostNames& names) {
  return {{"host", name_of(version.key.workload.host, names)},
          {"cgroup", version.key.workload.cgroup},
          {"quantity", to_string(version.key.quantity)},
          {"unit", unit_of(version.key.quantity)},
          {"version", version.version},
          {"state", state_of(version, choices)},
          {"trained_at", time_json(version.trained_at)},
          {"cause", to_string(version.cause)},
          {"program", version.program},
          {"from", time_json(version.from)},
          {"to", time_json(version.to)},
          {"step_s", seconds_of(version.step)},
          {"points", version.points},
          {"horizon_steps", version.horizon},
          {"rival", version.rival == 0 ? Json() : Json(version.rival)},
          {"backtest_loss", number_json(version.loss)},
          {"rival_loss", number_json(version.rival_loss)},
          {"reason", version.reason}};
}

Json range_json(const ModelScore::Range& range, std::chrono::nanoseconds step) {
  return {{"up_to_s", seconds_of(step * static_cast<std::int64_t>(range.up_to))},
          {"pinball", number_json(range.pinball)},
          {"error", number_json(range.error)},
          {"coverage80", number_json(range.coverage80)},
          {"coverage95", number_json(range.coverage95)},
          {"points", range.points}};
}

Json details_json(const ModelVersion& version, const Choices& choices, const HostNames& names) {
  Json json = version_json(version, choices, names);
  Json members = Json::array();
  for (const ModelScore& score : version.scores) {
    Json ranges = Json::array();
    for (const auto& range : score.ranges) ranges.push_back(range_json(range, version.step));
    members.push_back(
        {{"model", score.model},
         {"weight", number_json(score.weight)},
         {"pinball", number_json(score.pinball)},
         {"error", number_json(score.error)},
         {"scaled_error", score.scaled_error > 0 ? number_json(score.scaled_error) : Json()},
         {"coverage80", number_json(score.coverage80)},
         {"coverage95", number_json(score.coverage95)},
         {"points", score.points},
         {"beats_naive", score.beats_naive},
         {"ranges", std::move(ranges)}});
  }
  json["members"] = std::move(members);
  return json;
}

Json state_json(const RetrainingRequests::State& state) {
  return {{"asked", state.asked}, {"done", state.done}};
}

std::optional<std::int64_t> read_version(QueryReader& query, const std::string& name) {
  const std::size_t version = query.count(name, kMostVersions, kMostVersions);
  return version == kMostVersions ? std::nullopt
                                  : std::optional(static_cast<std::int64_t>(version));
}

}  // namespace

void ModelRoutes::add_to(HttpServer& server) {
  const auto add = [&](const char* method, const char* path,
                       Body (ModelRoutes::*handler)(const HttpRequest&)) {
    add_json_route(server, method, path, [this, handler](const HttpRequest& request) {
      return (this->*handler)(request);
    });
  };
  add("GET", "/v1/models", &ModelRoutes::list);
  add("GET", "/v1/models/show", &ModelRoutes::show);
  add("GET", "/v1/models/compare", &ModelRoutes::compare);
  add("POST", "/v1/models/pin", &ModelRoutes::pin);
  add("POST", "/v1/models/unpin", &ModelRoutes::unpin);
  add("POST", "/v1/models/roll-back", &ModelRoutes::roll_back);
  add("POST", "/v1/models/retrain", &ModelRoutes::retrain);
  add("GET", "/v1/models/retraining", &ModelRoutes::retraining);
}

Result<SeriesKey> ModelRoutes::read_key(QueryReader& query, const HostNames& names) const {
  const auto host_name = query.text("host");
  const auto cgroup = query.text("workload").value_or("");
  const auto quantity = read_quantity(query);
  FS_CHECK(query.finish());
  FS_TRY(const auto host, find_only_host(host_name, names));
  return SeriesKey{{host, cgroup}, quantity};
}

Result<ModelVersion> ModelRoutes::find(const SeriesKey& key, std::optional<std::int64_t> version) {
  if (version) return parts_.store.find(key, *version);
  FS_TRY(const auto choices, parts_.store.choices());
  const auto choice = choices.find(key);
  if (choice != choices.end()) return parts_.store.find(key, choice->second.serving);
  FS_TRY(const auto names, parts_.host_names());
  std::vector<std::string> known;
  for (const auto& [other, unused] : choices) known.push_back(describe_series(other, names));
  return Error(ErrorCode::not_found, "there is no model of " + describe_series(key, names) +
                                         " yet; there are: " + list_some(known));
}

ModelRoutes::Body ModelRoutes::list(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto cgroup = query.text("workload");
  const auto quantity = query.text("quantity") ? std::optional(read_quantity(query)) : std::nullopt;
  const auto limit = query.count("limit", kUsualRows, kMostRows);
  const bool all = query.flag("all");
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  FS_TRY(const auto choices, parts_.store.choices());
  FS_TRY(const auto versions, parts_.store.list(std::nullopt));
  Json rows = Json::array();
  for (const ModelVersion& one : versions) {
    const auto state = state_of(one, choices);
    const bool asked_for = (!host || one.key.workload.host == *host) &&
                           (!cgroup || one.key.workload.cgroup == *cgroup) &&
                           (!quantity || one.key.quantity == *quantity) &&
                           (all || cgroup || state == "pinned" || state == "serves");
    if (asked_for && rows.size() < limit) rows.push_back(version_json(one, choices, names));
  }
  return dump({{"models", std::move(rows)}});
}

ModelRoutes::Body ModelRoutes::show(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  QueryReader query(request);
  const auto version = read_version(query, "version");
  FS_TRY(const auto key, read_key(query, names));
  FS_TRY(const auto found, find(key, version));
  FS_TRY(const auto choices, parts_.store.choices());
  return dump(details_json(found, choices, names));
}

ModelRoutes::Body ModelRoutes::compare(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  QueryReader query(request);
  const auto version = read_version(query, "version");
  const auto with = read_version(query, "with");
  FS_TRY(const auto key, read_key(query, names));
  if (!version) return Error(ErrorCode::invalid_argument, "parameter version: needed");
  FS_TRY(const auto one, find(key, version));
  FS_TRY(const auto other, find(key, with));
  FS_TRY(const auto choices, parts_.store.choices());
  return dump({{"compared", Json::array({details_json(one, choices, names),
                                         details_json(other, choices, names)})}});
}

ModelRoutes::Body ModelRoutes::pin(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  QueryReader query(request);
  const auto version = read_version(query, "version");
  FS_TRY(const auto key, read_key(query, names));
  FS_TRY(const auto wanted, find(key, version));
  FS_TRY(const auto pinned, parts_.store.pin(key, wanted.version));
  FS_TRY(const auto choices, parts_.store.choices());
  return dump(version_json(pinned, choices, names));
}

ModelRoutes::Body ModelRoutes::unpin(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  QueryReader query(request);
  FS_TRY(const auto key, read_key(query, names));
  FS_TRY(const auto choice, parts_.store.unpin(key));
  FS_TRY(const auto serving, parts_.store.find(key, choice.serving));
  FS_TRY(const auto choices, parts_.store.choices());
  return dump(version_json(serving, choices, names));
}

ModelRoutes::Body ModelRoutes::roll_back(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  QueryReader query(request);
  FS_TRY(const auto key, read_key(query, names));
  FS_TRY(const auto before, parts_.store.roll_back(key));
  FS_TRY(const auto choices, parts_.store.choices());
  return dump(version_json(before, choices, names));
}

ModelRoutes::Body ModelRoutes::retrain(const HttpRequest& request) {
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto choices, parts_.store.choices());
  QueryReader query(request);
  if (query.flag("all")) {
    FS_CHECK(query.finish());
    std::vector<SeriesKey> keys;
    for (const auto& [key, choice] : choices) keys.push_back(key);
    return dump(state_json(parts_.requests.ask(keys)));
  }
  FS_TRY(const auto key, read_key(query, names));
  FS_TRY(const auto serving, find(key, std::nullopt));
  return dump(state_json(parts_.requests.ask({serving.key})));
}

ModelRoutes::Body ModelRoutes::retraining(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  return dump(state_json(parts_.requests.state()));
}

}  // namespace foreshock::coordinator
