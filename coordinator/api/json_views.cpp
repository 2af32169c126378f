#include "coordinator/api/json_views.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include <fmt/format.h>
#include <sys/wait.h>

#include "coordinator/api/json.h"

namespace foreshock::coordinator {

namespace {

constexpr std::array<std::string_view, kQuantileLevels.size()> kQuantileNames = {
    "q025", "q05", "q10", "q50", "q90", "q95", "q975"};
/// A host whose newest report is older is shown as silent.
constexpr auto kSilentAfter = std::chrono::seconds(15);

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

template <typename Values, typename Render>
Json list_json(const Values& values, Render render) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(render(value));
  return list;
}

template <typename Values, typename Render>
std::string render_list(std::string_view name, const Values& values, Render render) {
  Json body = Json::object();
  body[std::string(name)] = list_json(values, render);
  return dump(body);
}

/// A limit: the number, or "max" for none.
Json limit_json(const KnobValue& value) {
  return value ? Json(*value) : Json("max");
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

void add_identity(const WorkloadIdentity& identity, Json& into) {
  into["unit"] = text_or_null(identity.unit);
  into["slice"] = text_or_null(identity.slice);
  into["container_runtime"] = text_or_null(identity.container_runtime);
  into["container_id"] = text_or_null(identity.container_id);
  into["container_name"] = text_or_null(identity.container_name);
  into["pod"] = text_or_null(identity.pod);
}

/// "bash < sshd < systemd" as a list.
Json ancestry_json(std::string_view text) {
  constexpr std::string_view kSeparator = " < ";
  Json names = Json::array();
  while (!text.empty()) {
    const auto name = text.substr(0, text.find(kSeparator));
    names.push_back(name);
    text.remove_prefix(std::min(text.size(), name.size() + kSeparator.size()));
  }
  return names;
}

Json agent_json(const AgentRow& agent) {
  return {
      {"public_key", agent.public_key},
      {"enrolment", to_string(agent.enrolment)},
      {"host", agent.host_name},
      {"address", agent.address},
      {"first_seen", time_json(agent.first_seen)},
      {"last_seen", time_json(agent.last_seen)},
      {"shared_by", agent.shared_by},
  };
}

/// What the agent itself uses; null from an agent that does not say.
Json agent_use_json(const LiveView::Host& live) {
  if (!live.agent) return nullptr;
  return {{"cpu_cores", live.agent_cpu_cores ? number_json(*live.agent_cpu_cores) : nullptr},
          {"rss_bytes", live.agent->rss.count},
          {"saving", to_string(live.agent->saving)}};
}

Json host_json(const HostRow& row, const LiveView::Host* live) {
  Json json = {
      {"host", row.name},
      {"public_key", row.public_key},
      {"agent_version", row.agent_version},
      {"first_seen", time_json(row.first_seen)},
      {"last_seen", time_json(row.last_seen)},
      {"executions", row.executions},
      {"losses", row.losses},
      {"live", nullptr},
  };
  if (live) {
    json["live"] = {
        {"last_report", time_json(live->last_report)},
        {"cpu_cores", number_json(live->cpu_cores)},
        {"cpu_count", live->cpu_count},
        {"memory_used_bytes", live->memory_used_bytes},
        {"memory_total_bytes", live->memory_total_bytes},
        {"losses_last_minute", live->losses_last_minute},
        {"agent", agent_use_json(*live)},
    };
  }
  return json;
}

/// What the host's hierarchy does not offer is left out.
Json live_workload_json(const LiveView::LiveWorkload& live) {
  const WorkloadSample& sample = live.sample;
  Json json = {{"time", time_json(live.time)},
               {"cpu_cores", number_json(live.cpu_cores)},
               {"throttled", live.throttled}};
  if (sample.memory_working_set)
    json["memory_working_set_bytes"] = sample.memory_working_set->count;
  if (sample.memory_current) json["memory_current_bytes"] = sample.memory_current->count;
  if (sample.process_count) json["processes"] = *sample.process_count;
  if (sample.oom_kills) json["oom_kills"] = *sample.oom_kills;
  if (sample.cpu_max_millicores)
    json["cpu_max_millicores"] = limit_json(*sample.cpu_max_millicores);
  const auto add_memory_limit = [&](const char* key,
                                    const std::optional<std::optional<Bytes>>& limit) {
    if (limit) json[key] = *limit ? Json((*limit)->count) : Json("max");
  };
  add_memory_limit("memory_high_bytes", sample.memory_high);
  add_memory_limit("memory_max_bytes", sample.memory_max);
  return json;
}

Json tag_json(const Tag& tag, const HostNames& names) {
  return {
      {"host", name_of(tag.workload.host, names)},
      {"cgroup", tag.workload.cgroup},
      {"key", tag.key},
      {"value", tag.value},
      {"source", tag.source},
      {"evidence", tag.evidence},
      {"confidence", number_json(tag.confidence)},
  };
}

void add_end(const ExecutionRow& row, Json& into) {
  if (row.end) {
    const int wait_status = static_cast<int>(row.wait_status);
    into["duration_s"] = seconds_of(*row.end - row.start);
    if (WIFSIGNALED(wait_status)) {
      into["signal"] = WTERMSIG(wait_status);
    } else {
      into["exit_code"] = WEXITSTATUS(wait_status);
    }
    into["connections"] = or_null(row.connections);
  }
  if (row.use) {
    into["cpu_s"] = seconds_of(row.use->cpu);
    into["peak_rss_bytes"] = row.use->peak_rss.count;
    into["read_bytes"] = row.use->read_bytes.count;
    into["written_bytes"] = row.use->written_bytes.count;
  }
}

Json inputs_json(const std::optional<InputFiles>& inputs) {
  if (!inputs) return nullptr;
  return {{"files", inputs->count},
          {"bytes", inputs->total.count},
          {"largest_bytes", inputs->largest.count}};
}

Json command_json(const ExecutionRow& row, const HostNames& names) {
  Json json = {
      {"id", row.id},
      {"host", name_of(row.host, names)},
      {"time", time_json(row.start)},
      {"pid", row.pid},
      {"parent_pid", row.parent_pid},
      {"uid", row.uid},
      {"gid", row.gid},
      {"login_uid", or_null(row.login_uid)},
      {"session_id", or_null(row.session_id)},
      {"tty", text_or_null(row.tty)},
      {"cwd", text_or_null(row.cwd)},
      {"ancestry", ancestry_json(row.ancestry)},
      {"cgroup", row.cgroup},
      {"signature", row.signature},
      {"comm", row.comm},
      {"filename", row.filename},
      {"argv", row.argv},
      {"inputs", inputs_json(row.inputs)},
      {"truncated", row.truncated},
      {"existing", row.existing},
      {"end", row.end ? time_json(*row.end) : Json()},
  };
  add_identity(row.workload, json);
  add_end(row, json);
  return json;
}

Json quantiles_json(const Quantiles& quantiles) {
  Json json = Json::object();
  for (std::size_t i = 0; i < quantiles.size(); ++i)
    json[std::string(kQuantileNames[i])] = number_json(quantiles[i]);
  return json;
}

Json lead_json(const LeadCommand& lead, const HostNames& names, bool with_response) {
  Json json = {
      {"signature", lead.signature},
      {"source_host", name_of(lead.source_host, names)},
      {"host", name_of(lead.target.workload.host, names)},
      {"cgroup", lead.target.workload.cgroup},
      {"quantity", to_string(lead.target.quantity)},
      {"unit", unit_of(lead.target.quantity)},
      {"lag_s", number_json(lead.lag_s)},
      {"lag_spread_s", number_json(lead.lag_spread_s)},
      {"duration_s", number_json(lead.duration_s)},
      {"effect", number_json(lead.effect)},
      {"effect_quantiles", quantiles_json(lead.effect_quantiles)},
      {"support", lead.support},
      {"precision", number_json(lead.precision)},
      {"lift", number_json(lead.lift)},
      {"p_value", number_json(lead.p_value)},
      {"q_value", number_json(lead.q_value)},
  };
  if (with_response) {
    json["response"] = {{"from_s", number_json(lead.response_from_s)},
                        {"step_s", number_json(lead.response_step_s)},
                        {"values", list_json(lead.response, number_json)}};
  }
  return json;
}

Json policy_json(const Policy& policy) {
  return {
      {"policy", policy.name},
      {"mode", to_string(policy.mode)},
      {"host", policy.host},
      {"cgroup", policy.cgroup},
      {"tag", policy.tag},
      {"resource", to_string(policy.resource)},
      {"knob", to_string(policy.knob)},
      {"capacity_unit", policy.resource == Resource::memory ? "bytes" : "millicores"},
      {"min_capacity", policy.min_capacity},
      {"max_capacity", policy.max_capacity},
      {"quantile", policy.quantile},
      {"headroom", policy.headroom},
      {"lead_time_s", seconds_of(policy.lead_time)},
      {"stabilisation_s", seconds_of(policy.stabilisation)},
      {"cool_down_s", seconds_of(policy.cool_down)},
      {"max_step_down", policy.max_step_down},
      {"tolerance", policy.tolerance},
      {"max_age_s", seconds_of(policy.max_age)},
  };
}

Json outcome_json(const ActionOutcome& outcome) {
  return {
      {"time", time_json(outcome.time)},       {"status", to_string(outcome.status)},
      {"refusal", to_string(outcome.refusal)}, {"detail", outcome.detail},
      {"before", limit_json(outcome.before)},  {"requested", limit_json(outcome.requested)},
      {"after", limit_json(outcome.after)},
  };
}

Json decision_json(const DecisionRow& row) {
  return {
      {"id", row.id},
      {"time", time_json(row.time)},
      {"policy", row.policy},
      {"mode", row.mode},
      {"host", row.host_name},
      {"cgroup", row.cgroup},
      {"knob", row.knob},
      {"outcome", row.outcome},
      {"before", limit_json(row.before)},
      {"wanted", row.wanted},
      {"reason", row.reason},
      {"action_outcome", row.action_outcome ? outcome_json(*row.action_outcome) : Json()},
  };
}

Json series_json(const ForecastView& view) {
  Json json = {{"quantity", to_string(view.key.quantity)}, {"unit", unit_of(view.key.quantity)}};
  if (view.pool) {
    json["pool"] = {{"name", view.pool->name},
                    {"workloads", view.pool->workloads},
                    {"hosts", view.pool->hosts}};
  } else {
    json["host"] = view.host_name;
    json["cgroup"] = view.key.workload.cgroup;
  }
  return json;
}

Json points_json(const Forecast& forecast) {
  Json points = Json::array();
  const std::size_t count = std::min(forecast.mean.size(), forecast.quantiles.size());
  for (std::size_t i = 0; i < count; ++i) {
    Json point = {
        {"time", format_utc(forecast.start + forecast.step * static_cast<std::int64_t>(i))},
        {"mean", number_json(forecast.mean[i])}};
    point.update(quantiles_json(forecast.quantiles[i]));
    points.push_back(std::move(point));
  }
  return points;
}

Json recent_json(const std::optional<Series>& series) {
  Json points = Json::array();
  if (!series) return points;
  for (std::size_t i = 0; i < series->values.size(); ++i) {
    points.push_back(
        {{"time", format_utc(series->start + series->step * static_cast<std::int64_t>(i))},
         {"value", number_json(series->values[i])}});
  }
  return points;
}

Json score_json(const ModelScore& score) {
  return {
      {"model", score.model},
      {"pinball", number_json(score.pinball)},
      {"coverage80", number_json(score.coverage80)},
      {"points", score.points},
      {"weight", number_json(score.weight)},
      {"serves", score.serves},
      {"scaled_error", score.scaled_error > 0 ? number_json(score.scaled_error) : Json()},
      {"coverage95", number_json(score.coverage95)},
      {"beats_naive", score.beats_naive},
  };
}

Json contribution_json(const LeadContribution& lead) {
  return {
      {"signature", lead.signature},
      {"seen", time_json(lead.seen)},
      {"expected_onset", time_json(lead.expected_onset)},
      {"expected_end", time_json(lead.expected_end)},
      {"effect", number_json(lead.effect)},
  };
}

Json agent_counts_json(const std::vector<AgentRow>& agents) {
  Json json = Json::object();
  for (const Enrolment enrolment : {Enrolment::approved, Enrolment::pending, Enrolment::revoked}) {
    json[std::string(to_string(enrolment))] = std::ranges::count(
        agents, enrolment, [](const AgentRow& agent) { return agent.enrolment; });
  }
  return json;
}

Json history_json(const LiveView& live) {
  const auto& problem = live.history_problem;
  return {
      {"writable", !problem},
      {"problem", problem ? problem->what : ""},
      {"failing_since", problem ? time_json(problem->since) : Json()},
  };
}

Json live_counts_json(const LiveView& live, WallTime now) {
  std::uint64_t losses = 0;
  for (const auto& host : live.hosts) losses += host.losses_last_minute;
  const auto reporting = std::ranges::count_if(live.hosts, [&](const LiveView::Host& host) {
    return now - host.last_report < kSilentAfter;
  });
  return {
      {"published", time_json(live.published)},
      {"hosts", live.hosts.size()},
      {"hosts_reporting", reporting},
      {"workloads", live.workloads.size()},
      {"reports", live.reports},
      {"executions", live.executions},
      {"commands_in_flight", live.commands_in_flight},
      {"losses_last_minute", losses},
  };
}

Json learning_json(const LearnedState& learned) {
  const auto ready = std::ranges::count_if(learned.forecasts, [](const auto& entry) {
    return std::holds_alternative<Forecast>(entry.second);
  });
  return {
      {"learned_at", time_json(learned.learned_at)},
      {"took_s", seconds_of(learned.took)},
      {"leads", learned.leads.size()},
      {"forecasts", ready},
      {"not_yet", learned.forecasts.size() - static_cast<std::size_t>(ready)},
      {"tags", learned.tags.size()},
      {"problem", learned.problem},
  };
}

Json reflex_json(const ReflexState& state, const LiveView::Host& host) {
  const Reflex& reflex = state.reflex;
  return {
      {"decision_id", reflex.decision_id},
      {"reflex", reflex.name},
      {"signature", reflex.signature},
      {"executables", reflex.base_names},
      {"host", host.name},
      {"cgroup", reflex.adjustment.target.path},
      {"knob", to_string(reflex.adjustment.knob)},
      {"value", or_null(reflex.adjustment.value)},
      {"window_s", seconds_of(reflex.window)},
      {"expires", time_json(reflex.expires)},
      {"dry_run", reflex.dry_run},
      {"fired", state.fired},
      {"extended", state.extended},
      {"needless", state.needless},
      {"suppressed", state.suppressed},
      {"failed", state.failed},
      {"last_fired", state.last_fired ? time_json(*state.last_fired) : Json()},
      {"last_reaction_us", state.last_reaction
                               ? Json(static_cast<double>(state.last_reaction->count()) / 1e3)
                               : Json()},
      {"active_until", state.active_until ? time_json(*state.active_until) : Json()},
      {"reported", time_json(host.last_report)},
  };
}

Json policy_counts_json(const std::vector<Policy>& policies) {
  Json json = Json::object();
  for (const PolicyMode mode : {PolicyMode::observe, PolicyMode::auto_}) {
    json[std::string(to_string(mode))] =
        std::ranges::count(policies, mode, [](const Policy& policy) { return policy.mode; });
  }
  return json;
}

}  // namespace

std::string render_status(const StatusView& view) {
  return dump({
      {"version", FORESHOCK_VERSION},
      {"time", time_json(view.now)},
      {"epoch", view.live.epoch},
      {"endpoint", view.endpoint},
      {"public_key", view.public_key},
      {"agents", agent_counts_json(view.agents)},
      {"live", live_counts_json(view.live, view.now)},
      {"history", history_json(view.live)},
      {"learning", learning_json(view.learned)},
      {"signatures",
       {{"known", view.signatures.count},
        {"last_left_out",
         view.signatures.last_left_out ? time_json(*view.signatures.last_left_out) : Json()}}},
      {"policies", policy_counts_json(view.policies)},
  });
}

std::string render_hosts(const std::vector<HostRow>& hosts, const LiveView& live) {
  return render_list("hosts", hosts, [&](const HostRow& row) {
    const auto found =
        std::ranges::find(live.hosts, row.id, [](const LiveView::Host& host) { return host.id; });
    return host_json(row, found == live.hosts.end() ? nullptr : &*found);
  });
}

std::string render_workloads(const std::vector<WorkloadRow>& workloads, const LiveView& live,
                             const std::vector<Tag>& tags, const HostNames& names) {
  std::map<Workload, const LiveView::LiveWorkload*> live_by_workload;
  for (const auto& entry : live.workloads) live_by_workload[entry.workload] = &entry;
  std::map<Workload, Json> tags_by_workload;
  for (const auto& tag : tags) tags_by_workload[tag.workload][tag.key] = tag.value;
  return render_list("workloads", workloads, [&](const WorkloadRow& row) {
    const auto live_entry = live_by_workload.find(row.workload);
    const auto own_tags = tags_by_workload.find(row.workload);
    Json json = {
        {"host", name_of(row.workload.host, names)},
        {"cgroup", row.workload.cgroup},
        {"cgroup_id", row.cgroup_id},
        {"last_seen", time_json(row.last_seen)},
        {"live",
         live_entry == live_by_workload.end() ? Json() : live_workload_json(*live_entry->second)},
        {"tags", own_tags == tags_by_workload.end() ? Json::object() : own_tags->second},
    };
    add_identity(row.identity, json);
    return json;
  });
}

std::string render_commands(const std::vector<ExecutionRow>& executions, const HostNames& names) {
  return render_list("commands", executions,
                     [&](const ExecutionRow& row) { return command_json(row, names); });
}

std::string render_leads(const std::vector<LeadCommand>& leads, const HostNames& names,
                         bool with_response) {
  return render_list("leads", leads, [&](const LeadCommand& lead) {
    return lead_json(lead, names, with_response);
  });
}

std::string render_tags(const std::vector<Tag>& tags, const HostNames& names) {
  return render_list("tags", tags, [&](const Tag& tag) { return tag_json(tag, names); });
}

std::string render_policies(const std::vector<Policy>& policies) {
  return render_list("policies", policies, policy_json);
}

std::string render_decisions(const std::vector<DecisionRow>& decisions) {
  return render_list("decisions", decisions, decision_json);
}

std::string render_decision(const DecisionRow& decision, const std::string& text) {
  Json json = decision_json(decision);
  Json details = Json::parse(decision.details, nullptr, false);
  json["details"] = details.is_discarded() ? Json(decision.details) : std::move(details);
  json["text"] = text;
  return dump(json);
}

std::string render_reflexes(const std::vector<LiveView::Host>& hosts, const std::string& cgroup) {
  Json reflexes = Json::array();
  for (const auto& host : hosts) {
    for (const auto& state : host.reflexes) {
      if (cgroup.empty() || state.reflex.adjustment.target.path == cgroup)
        reflexes.push_back(reflex_json(state, host));
    }
  }
  return dump({{"reflexes", std::move(reflexes)}});
}

std::string render_agents(const std::vector<AgentRow>& agents) {
  return render_list("agents", agents, agent_json);
}

std::string render_agent(const AgentRow& agent) {
  return dump(agent_json(agent));
}

std::string render_forecast(const ForecastView& view, const Forecast& forecast) {
  Json json = series_json(view);
  json["made_at"] = time_json(forecast.made_at);
  json["model"] = forecast.model;
  json["version"] = forecast.version > 0 ? Json(forecast.version) : Json();
  json["caution"] = forecast.caution.empty() ? Json() : Json(forecast.caution);
  json["ready_at"] = time_json(forecast.ready_at);
  json["moved_by_commands"] = view.moved;
  json["step_s"] = seconds_of(forecast.step);
  json["leads"] = list_json(forecast.leads, contribution_json);
  json["scores"] = list_json(view.scores, score_json);
  json["recent"] = recent_json(view.recent);
  json["points"] = points_json(forecast);
  return dump(json);
}

std::string render_not_yet(const ForecastView& view, const NotYet& not_yet) {
  Json json = series_json(view);
  json["not_yet"] = {{"reason", not_yet.reason}, {"ready_at", time_json(not_yet.ready_at)}};
  json["recent"] = recent_json(view.recent);
  return dump(json);
}

std::string describe_series(const SeriesKey& key, const HostNames& names) {
  return fmt::format("{}:{}:{}", name_of(key.workload.host, names), key.workload.cgroup,
                     to_string(key.quantity));
}

}  // namespace foreshock::coordinator
