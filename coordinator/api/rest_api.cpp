#include "coordinator/api/rest_api.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "coordinator/api/json_route.h"
#include "coordinator/api/json_views.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxRows = 10'000;
/// Series that had a value this recently can be asked for.
constexpr auto kActiveWithin = std::chrono::hours(24);
constexpr std::int64_t kRecentPoints = 60;
/// The pipeline publishes once a second.
constexpr auto kDeadAfter = std::chrono::seconds(30);

template <typename Values, typename Keep>
auto keep_if(const Values& values, Keep keep) {
  Values kept;
  std::ranges::copy_if(values, std::back_inserter(kept), keep);
  return kept;
}

template <typename Values>
void cut_to(Values& values, std::size_t limit) {
  if (values.size() > limit)
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
}

/// The forecast as it stands now: as commands moved it, else as it was learned.
struct FoundForecast {
  std::optional<ForecastOrReason> forecast;
  bool moved = false;
};

/// A series without a forecast of its own has that of similar ones, where there are any.
ForecastOrReason prior_or(const ForecastOrReason& own, const SeriesKey& key,
                          const LearnedState& learned) {
  const auto prior = learned.priors.find(key);
  return std::holds_alternative<NotYet>(own) && prior != learned.priors.end()
             ? ForecastOrReason(prior->second)
             : own;
}

FoundForecast find_forecast(const SeriesKey& key, const LiveView& live,
                            const LearnedState& learned) {
  if (const auto found = live.forecasts.find(key); found != live.forecasts.end()) {
    return {ForecastOrReason(found->second), !found->second.leads.empty()};
  }
  if (const auto found = learned.forecasts.find(key); found != learned.forecasts.end())
    return {prior_or(found->second, key, learned), false};
  return {};
}

}  // namespace

RestApi::RestApi(Parts parts) : parts_(std::move(parts)) {}

void RestApi::add_route(HttpServer& server, const char* method, const char* pattern,
                        Body (RestApi::*handler)(const HttpRequest&)) {
  add_json_route(server, method, pattern,
                 [this, handler](const HttpRequest& request) { return (this->*handler)(request); });
}

void RestApi::add_routes(HttpServer& server) {
  add_route(server, "GET", "/v1/status", &RestApi::get_status);
  add_route(server, "GET", "/v1/hosts", &RestApi::get_hosts);
  add_route(server, "GET", "/v1/workloads", &RestApi::get_workloads);
  add_route(server, "GET", "/v1/commands", &RestApi::get_commands);
  add_route(server, "GET", "/v1/leads", &RestApi::get_leads);
  add_route(server, "GET", "/v1/forecast", &RestApi::get_forecast);
  add_route(server, "GET", "/v1/tags", &RestApi::get_tags);
  add_route(server, "GET", "/v1/policies", &RestApi::get_policies);
  add_route(server, "GET", "/v1/decisions", &RestApi::get_decisions);
  add_route(server, "GET", "/v1/decisions/:id", &RestApi::get_decision);
  add_route(server, "GET", "/v1/reflexes", &RestApi::get_reflexes);
  add_route(server, "GET", "/v1/agents", &RestApi::get_agents);
  add_route(server, "POST", "/v1/agents/:key/approve", &RestApi::approve_agent);
  add_route(server, "POST", "/v1/agents/:key/revoke", &RestApi::revoke_agent);
  server.route("GET", "/metrics", [this](const HttpRequest&) {
    return HttpResponse{200, parts_.metrics.render(), "text/plain; version=0.0.4"};
  });
  server.route("GET", "/healthz", [this](const HttpRequest&) { return get_health(); });
}

HttpResponse RestApi::get_health() const {
  const auto live = parts_.live.read();
  const WallTime published = live->published;
  if (published == WallTime())
    return {503, "starting: the pipeline has published nothing yet\n", "text/plain"};
  const auto age = parts_.clock.wall_now() - published;
  if (age > kDeadAfter) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
    return {503, fmt::format("the pipeline has published nothing for {} s\n", seconds),
            "text/plain"};
  }
  if (live->history_problem) {
    return {503, fmt::format("history: {}\n", live->history_problem->what), "text/plain"};
  }
  return {200, "ok\n", "text/plain"};
}

Result<HostNames> RestApi::host_names() {
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  return names_of(hosts);
}

RestApi::Body RestApi::get_status(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  SignatureUse signatures;
  {
    const std::lock_guard lock(readers_mutex_);
    FS_TRY(signatures, parts_.history.signature_use());
  }
  const auto live = parts_.live.read();
  const auto learned = parts_.learned.read();
  const auto policies = parts_.policies.read();
  return render_status({.now = parts_.clock.wall_now(),
                        .endpoint = parts_.endpoint,
                        .public_key = parts_.public_key,
                        .live = *live,
                        .learned = *learned,
                        .policies = *policies,
                        .agents = parts_.agents.list(),
                        .signatures = signatures});
}

RestApi::Body RestApi::get_hosts(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  return render_hosts(hosts, *parts_.live.read());
}

RestApi::Body RestApi::get_workloads(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto text = query.text("text").value_or("");
  const auto limit = query.count("limit", 1000, kMaxRows);
  FS_CHECK(query.finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  const auto names = names_of(hosts);
  FS_TRY(const auto host, find_optional_host(host_name, names));
  FS_TRY(auto workloads, parts_.history.workloads(host));
  std::erase_if(workloads, [&](const WorkloadRow& row) {
    return row.workload.cgroup.find(text) == std::string::npos;
  });
  cut_to(workloads, limit);
  return render_workloads(workloads, *parts_.live.read(), parts_.learned.read()->tags, names);
}

RestApi::Body RestApi::get_commands(const HttpRequest& request) {
  QueryReader query(request);
  ExecutionQuery filter;
  const auto host_name = query.text("host");
  filter.limit = query.count("limit", 50, kMaxRows);
  filter.text = query.text("text").value_or("");
  filter.signature = query.text("signature").value_or("");
  FS_CHECK(query.finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  const auto names = names_of(hosts);
  FS_TRY(filter.host, find_optional_host(host_name, names));
  FS_TRY(const auto executions, parts_.history.executions(filter));
  return render_commands(executions, names);
}

RestApi::Body RestApi::get_leads(const HttpRequest& request) {
  QueryReader query(request);
  const auto signature = query.text("signature");
  const auto text = query.text("text");
  const auto workload = query.text("workload");
  const bool with_response = query.flag("response");
  FS_CHECK(query.finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  const auto leads = keep_if(parts_.learned.read()->leads, [&](const LeadCommand& lead) {
    return (!signature || lead.signature == *signature) &&
           (!text || lead.signature.find(*text) != std::string::npos) &&
           (!workload || lead.target.workload.cgroup == *workload);
  });
  return render_leads(leads, names_of(hosts), with_response);
}

RestApi::Body RestApi::get_forecast(const HttpRequest& request) {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto cgroup = query.text("workload").value_or("");
  const auto quantity = read_quantity(query);
  FS_CHECK(query.finish());
  const auto live = parts_.live.read();
  const auto learned = parts_.learned.read();
  const WallTime now = parts_.clock.wall_now();

  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  const auto names = names_of(hosts);
  FS_TRY(const auto host, find_only_host(host_name, names));
  const SeriesKey key{{host, cgroup}, quantity};
  auto found = find_forecast(key, *live, *learned);
  if (!found.forecast) {
    FS_CHECK(check_is_series(key, now - kActiveWithin, names, parts_.history));
    found.forecast = NotYet{"no learning round has looked at this series yet", {}};
  }

  static const std::vector<ModelScore> kNoScores;
  const auto scores = learned->scores.find(key);
  ForecastView view{.key = key,
                    .host_name = names.at(host),
                    .moved = found.moved,
                    .scores = scores == learned->scores.end() ? kNoScores : scores->second,
                    .recent = {}};
  const auto* forecast = std::get_if<Forecast>(&*found.forecast);
  const auto step =
      forecast && forecast->step.count() > 0 ? forecast->step : std::chrono::seconds(1);
  const WallTime until = forecast ? std::min(forecast->start, now) : now;
  FS_TRY(view.recent, parts_.history.series({key, until - step * kRecentPoints, until, step}));
  return forecast ? render_forecast(view, *forecast)
                  : render_not_yet(view, std::get<NotYet>(*found.forecast));
}

RestApi::Body RestApi::get_tags(const HttpRequest& request) {
  QueryReader query(request);
  const auto key = query.text("key");
  const auto workload = query.text("workload");
  FS_CHECK(query.finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto hosts, parts_.history.hosts());
  const auto tags = keep_if(parts_.learned.read()->tags, [&](const Tag& tag) {
    return (!key || tag.key == *key) && (!workload || tag.workload.cgroup == *workload);
  });
  return render_tags(tags, names_of(hosts));
}

RestApi::Body RestApi::get_policies(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  return render_policies(*parts_.policies.read());
}

RestApi::Body RestApi::get_decisions(const HttpRequest& request) {
  QueryReader query(request);
  DecisionQuery filter;
  filter.policy = query.text("policy").value_or("");
  filter.cgroup = query.text("workload").value_or("");
  filter.only_changes = query.flag("changes");
  filter.limit = query.count("limit", 50, kMaxRows);
  FS_CHECK(query.finish());
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto decisions, parts_.decisions.list(filter));
  return render_decisions(decisions);
}

RestApi::Body RestApi::get_decision(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  const std::string& text = request.path_parameters.at("id");
  std::uint64_t id = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), id);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("decision \"{}\": expected a number", text));
  }
  const std::lock_guard lock(readers_mutex_);
  FS_TRY(const auto decision, parts_.decisions.find(id));
  FS_TRY(const auto explanation, parts_.explain(decision));
  return render_decision(decision, explanation);
}

RestApi::Body RestApi::get_reflexes(const HttpRequest& request) {
  QueryReader query(request);
  const auto host = query.text("host");
  const auto workload = query.text("workload").value_or("");
  FS_CHECK(query.finish());
  const auto hosts = keep_if(parts_.live.read()->hosts,
                             [&](const LiveView::Host& one) { return !host || one.name == *host; });
  return render_reflexes(hosts, workload);
}

RestApi::Body RestApi::get_agents(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  return render_agents(parts_.agents.list());
}

RestApi::Body RestApi::approve_agent(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  FS_TRY(const auto agent, parts_.agents.approve(request.path_parameters.at("key")));
  return render_agent(agent);
}

RestApi::Body RestApi::revoke_agent(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  FS_TRY(const auto agent, parts_.agents.revoke(request.path_parameters.at("key")));
  return render_agent(agent);
}

}  // namespace foreshock::coordinator
