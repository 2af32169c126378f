#include "coordinator/api/forecast_routes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"
#include "coordinator/calendar/effect.h"
#include "coordinator/forecast/combination.h"
#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/pooled_load.h"
#include "coordinator/forecast/pooled_prior.h"

namespace foreshock::coordinator {

namespace {

/// A workload with a value since then still goes on.
constexpr std::chrono::nanoseconds kLate = std::chrono::minutes(5);
constexpr auto kUserHistory = std::chrono::days(30);
constexpr std::chrono::nanoseconds kByHour = std::chrono::hours(1);
constexpr std::chrono::nanoseconds kCalendarHistory = std::chrono::days(28);
constexpr std::size_t kUserPoints = 48;
constexpr std::size_t kMostUsers = 100'000;
constexpr std::size_t kMostSimilar = 20;  ///< users that one without a past is taken to be like
constexpr std::size_t kDrawn = 120;       ///< points of the past shown

/// Of shares and seconds there is no sum.
bool can_be_added_up(Quantity quantity) {
  const auto unit = unit_of(quantity);
  return unit != "share" && unit != "s";
}

bool is_within(const Workload& workload, const Workload& other) {
  return workload.host == other.host && workload.cgroup != other.cgroup &&
         (other.cgroup.empty() || workload.cgroup.starts_with(other.cgroup + "/"));
}

Series newest_values(const Series& series, std::size_t count) {
  Series newest = series;
  const std::size_t left_out = series.values.size() - std::min(series.values.size(), count);
  newest.start += series.step * static_cast<std::int64_t>(left_out);
  newest.values.erase(newest.values.begin(),
                      newest.values.begin() + static_cast<std::ptrdiff_t>(left_out));
  return newest;
}

/// Before somebody's first command nothing is known of them, not even that they do nothing.
void forget_before(WallTime time, Series& load) {
  for (std::size_t i = 0; i < load.values.size(); ++i) {
    if (load.start + load.step * static_cast<std::int64_t>(i) >= time) return;
    load.values[i] = std::numeric_limits<double>::quiet_NaN();
  }
}

/// What something is expected to do while it has no past of its own, and what that is from.
struct Prior {
  Forecast forecast;
  std::string source;
};

/// Of what a forecast is made, and what it rests on.
struct Wanted {
  std::string host_name = {};
  std::optional<PoolView> pool = {};  ///< in place of a host
  std::size_t points = 0;
  std::chrono::nanoseconds history{};  ///< that is looked at
  std::optional<Series> by_hour = {};  ///< what calendars did to it; absent: there are none
  std::optional<Prior> prior = {};
};

/// From the loads of others, where there are any.
std::optional<Prior> prior_of(const Series& load, const std::vector<Series>& others,
                              std::size_t points) {
  std::vector<const Series*> known;
  for (const Series& one : others) {
    if (std::ranges::any_of(one.values, [](double value) { return std::isfinite(value); }))
      known.push_back(&one);
  }
  auto forecast = pooled_prior(load, known, points);
  if (!forecast) return std::nullopt;
  return Prior{*std::move(forecast),
               fmt::format("from the loads of other users ({})", known.size())};
}

/// From what is expected of its workloads one by one, in part from what is similar to them. Absent
/// where of one of them nothing is.
std::optional<Prior> prior_of(const std::vector<Workload>& members, Quantity quantity,
                              const LearnedState& learned) {
  std::vector<const Forecast*> forecasts;
  for (const Workload& workload : members) {
    const SeriesKey key{workload, quantity};
    const auto own = learned.forecasts.find(key);
    const auto prior = learned.priors.find(key);
    const auto* forecast =
        own != learned.forecasts.end() ? std::get_if<Forecast>(&own->second) : nullptr;
    if (forecast == nullptr && prior != learned.priors.end()) forecast = &prior->second;
    if (forecast == nullptr) return std::nullopt;
    forecasts.push_back(forecast);
  }
  auto sum = pooled_forecast(forecasts);
  if (!sum) return std::nullopt;
  sum->key = {{}, quantity};
  return Prior{
      *std::move(sum),
      fmt::format("from what is expected of its workloads one by one ({})", members.size())};
}

std::string render_made(const Series& load, Wanted wanted, const LearnedState& learned,
                        WallTime now) {
  const auto& regressors = learned.regressors;
  RegressorEffects effects;
  if (wanted.by_hour) effects = measure_effects(*wanted.by_hour, regressors);
  Series usual = load;
  remove_effects(usual, regressors, effects);
  auto trained = Combination().train(usual, wanted.points);
  if (const auto* not_yet = std::get_if<NotYet>(&trained.forecast); not_yet && wanted.prior) {
    Forecast forecast = std::move(wanted.prior->forecast);
    forecast.caution = fmt::format("{}; {}", not_yet->reason, wanted.prior->source);
    forecast.ready_at = not_yet->ready_at;
    trained.forecast = std::move(forecast);
  }
  const ForecastView view{.key = load.key,
                          .host_name = std::move(wanted.host_name),
                          .moved = false,
                          .scores = trained.scores,
                          .recent = newest_values(load, kDrawn),
                          .pool = std::move(wanted.pool)};
  if (const auto* not_yet = std::get_if<NotYet>(&trained.forecast))
    return render_not_yet(view, *not_yet);
  auto& forecast = std::get<Forecast>(trained.forecast);
  forecast.made_at = now;
  caution_short_history(load, wanted.history, forecast);
  apply_effects(forecast, regressors, effects, ForecastBase::without_effects);
  return render_forecast(view, forecast);
}

}  // namespace

void ForecastRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/forecast/ahead",
                 [this](const HttpRequest& request) { return forecast_ahead(request); });
  add_json_route(server, "GET", "/v1/forecast/tag",
                 [this](const HttpRequest& request) { return forecast_tag(request); });
  add_json_route(server, "GET", "/v1/users/:uid/forecast",
                 [this](const HttpRequest& request) { return forecast_user(request); });
}

Result<std::vector<Workload>> ForecastRoutes::find_tagged(const std::string& tag) const {
  const auto equals = tag.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == tag.size())
    return Error(ErrorCode::invalid_argument,
                 fmt::format("tag \"{}\": expected key=value, like role=web", tag));
  std::set<Workload> tagged;
  std::set<std::string> others;
  for (const Tag& one : parts_.learned.read()->tags) {
    const std::string text = one.key + "=" + one.value;
    others.insert(text);
    if (text == tag) tagged.insert(one.workload);
  }
  if (tagged.empty())
    return Error(ErrorCode::not_found,
                 fmt::format("nothing has the tag {}; there are: {}", tag,
                             others.empty() ? "none" : list_some({others.begin(), others.end()})));
  std::vector<Workload> members;
  std::ranges::copy_if(tagged, std::back_inserter(members), [&](const Workload& workload) {
    return std::ranges::none_of(tagged,
                                [&](const Workload& other) { return is_within(workload, other); });
  });
  return members;
}

Result<Outlook> ForecastRoutes::read_outlook(QueryReader& query) const {
  const auto horizon = query.duration("horizon");
  const auto step = query.duration("step");
  FS_CHECK(query.finish());
  if (horizon) return plan_outlook(*horizon, step);
  if (step) return Error(ErrorCode::invalid_argument, "parameter step: goes with horizon");
  return Outlook{options_.step, options_.history,
                 static_cast<std::size_t>(options_.horizon / options_.step)};
}

Result<Series> ForecastRoutes::read_load(const std::vector<Workload>& workloads, Quantity quantity,
                                         WallTime now, std::chrono::nanoseconds step,
                                         std::chrono::nanoseconds history) {
  std::vector<Series> loads;
  for (const Workload& workload : workloads) {
    FS_TRY(auto load, read_series({workload, quantity}, now, step, history));
    loads.push_back(std::move(load));
  }
  Series load =
      pooled_load(loads, std::max<std::size_t>(1, static_cast<std::size_t>(kLate / step)));
  load.key = {{}, quantity};
  return load;
}

Result<Series> ForecastRoutes::read_series(const SeriesKey& key, WallTime now,
                                           std::chrono::nanoseconds step,
                                           std::chrono::nanoseconds history) {
  const WallTime to(now.time_since_epoch() / step * step);
  const std::lock_guard lock(readers_mutex_);
  return parts_.history.series({key, to - history, to, step});
}

Result<std::string> ForecastRoutes::forecast_ahead(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto cgroup = query.text("workload").value_or("");
  const auto quantity = read_quantity(query);
  FS_TRY(const auto outlook, read_outlook(query));
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_only_host(host_name, names));
  const SeriesKey key{{host, cgroup}, quantity};
  const WallTime now = parts_.clock.wall_now();
  {
    const std::lock_guard lock(readers_mutex_);
    FS_CHECK(check_is_series(key, now - outlook.history, names, parts_.history));
  }
  const auto learned = parts_.learned.read();
  FS_TRY(const auto load, read_series(key, now, outlook.step, outlook.history));
  Wanted wanted{.host_name = names.at(host), .points = outlook.points, .history = outlook.history};
  if (!learned->regressors.empty()) {
    FS_TRY(wanted.by_hour, read_series(key, now, kByHour, kCalendarHistory));
  }
  return render_made(load, std::move(wanted), *learned, now);
}

Result<std::string> ForecastRoutes::forecast_tag(const HttpRequest& request) {
  QueryReader query(request);
  const auto tag = query.text("tag").value_or("");
  const auto quantity = read_quantity(query);
  FS_TRY(const auto outlook, read_outlook(query));
  if (!can_be_added_up(quantity))
    return Error(
        ErrorCode::invalid_argument,
        fmt::format("quantity {}: cannot be added up over workloads", to_string(quantity)));
  FS_TRY(const auto members, find_tagged(tag));
  const WallTime now = parts_.clock.wall_now();
  const auto learned = parts_.learned.read();
  std::set<HostId> hosts;
  for (const Workload& workload : members) hosts.insert(workload.host);
  FS_TRY(const auto load, read_load(members, quantity, now, outlook.step, outlook.history));
  Wanted wanted{.pool = PoolView{fmt::format("the tag {}", tag), members.size(), hosts.size()},
                .points = outlook.points,
                .history = outlook.history};
  if (outlook.step == options_.step) wanted.prior = prior_of(members, quantity, *learned);
  if (!learned->regressors.empty()) {
    FS_TRY(wanted.by_hour, read_load(members, quantity, now, kByHour, kCalendarHistory));
  }
  return render_made(load, std::move(wanted), *learned, now);
}

Result<std::string> ForecastRoutes::forecast_user(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  FS_CHECK(query.finish());
  FS_TRY(const auto uid, parse_uid(request.path_parameters.at("uid")));
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  const WallTime now = parts_.clock.wall_now();
  FS_TRY(const auto user, read_user(uid, host, now));
  return render_made(user.load,
                     {.pool = PoolView{fmt::format("user {}", uid), 0, user.hosts},
                      .points = kUserPoints,
                      .history = kUserHistory,
                      .by_hour = user.load,
                      .prior = prior_of(user.load, user.similar, kUserPoints)},
                     *parts_.learned.read(), now);
}

Result<ForecastRoutes::UserPast> ForecastRoutes::read_user(std::uint32_t uid,
                                                           std::optional<HostId> host,
                                                           WallTime now) {
  const WallTime whole_hours_end = std::chrono::floor<std::chrono::hours>(now);
  const WallTime from = whole_hours_end - kUserHistory;
  const std::lock_guard lock(readers_mutex_);
  // Who came this very hour is known, but has no whole hour yet.
  FS_TRY(const auto users, parts_.users.list({from, now, host, kMostUsers}));
  const auto known = std::ranges::find(users, uid, &UserSummary::uid);
  if (known == users.end())
    return Error(ErrorCode::not_found, fmt::format("user {} ran nothing in the last {}", uid,
                                                   format_duration(kUserHistory)));
  const UserQuery hours{from, whole_hours_end, host, kMostUsers};
  FS_TRY(auto load, user_load(*known, hours));
  UserPast past{std::move(load), known->hosts};
  if (!why_not_yet(past.load)) return past;
  for (const UserSummary& other : users) {
    if (other.uid == uid || past.similar.size() == kMostSimilar) continue;
    FS_TRY(auto others_load, user_load(other, hours));
    past.similar.push_back(std::move(others_load));
  }
  return past;
}

Result<Series> ForecastRoutes::user_load(const UserSummary& user, const UserQuery& hours) const {
  Series load{{{}, Quantity::cpu_usage}, hours.from, kByHour, {}};
  FS_TRY(load.values, parts_.users.load(user.uid, hours, kByHour));
  forget_before(user.first_seen, load);
  return load;
}

}  // namespace foreshock::coordinator
