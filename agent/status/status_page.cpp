#include "agent/status/status_page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace foreshock::agent {

namespace {

using Json = nlohmann::ordered_json;

/// What others wrote need not be UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double seconds_of(Nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Json time_or_null(WallTime time) {
  return time == WallTime() ? Json() : Json(format_utc(time));
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json argv_json(const Argv& argv) {
  Json words = Json::array();
  for (const auto word : argv.split()) words.push_back(word);
  return words;
}

void add_end(const Execution& execution, Json& into) {
  const ExecutionEnd& end = *execution.end;
  const int wait_status = static_cast<int>(end.wait_status);
  into["duration_s"] = seconds_of(end.time - execution.exec_time);
  if (WIFSIGNALED(wait_status)) {
    into["signal"] = WTERMSIG(wait_status);
  } else {
    into["exit_code"] = WEXITSTATUS(wait_status);
  }
  into["cpu_s"] = seconds_of(end.use.cpu);
  into["user_s"] = seconds_of(end.use.user);
  into["system_s"] = seconds_of(end.use.system);
  into["peak_rss_bytes"] = end.use.peak_rss.count;
  into["read_bytes"] = end.use.read_bytes.count;
  into["written_bytes"] = end.use.written_bytes.count;
  into["minor_faults"] = end.use.minor_faults;
  into["major_faults"] = end.use.major_faults;
  into["voluntary_switches"] = end.use.voluntary_switches;
  into["involuntary_switches"] = end.use.involuntary_switches;
  if (end.connections) into["connections"] = *end.connections;
}

Json execution_json(const Execution& execution, Nanoseconds wall_minus_boot) {
  const ProcessFacts& facts = execution.facts;
  Json json = {
      {"time", format_utc(WallTime(execution.exec_time.time_since_epoch() + wall_minus_boot))},
      {"pid", facts.process.pid},
      {"parent_pid", facts.parent.pid},
      {"uid", facts.identity.uid},
      {"gid", facts.identity.gid},
      {"login_uid", or_null(facts.identity.login_uid)},
      {"session_id", or_null(facts.identity.session_id)},
      {"tty", execution.tty},
      {"cwd", execution.cwd},
      {"ancestry", argv_json({.words = execution.ancestry})},
      {"cgroup", execution.cgroup},
      {"comm", facts.comm},
      {"filename", execution.filename},
      {"argv", argv_json(execution.argv)},
      {"argv_bytes", execution.argv.true_bytes},
      {"truncated", execution.argv.truncated()},
      {"redacted", execution.argv.redacted},
      {"existing", execution.existing},
      {"exec_seen", execution.exec_seen},
      {"running", !execution.end.has_value()},
  };
  if (execution.end) add_end(execution, json);
  return json;
}

Json outcome_json(const ActionOutcome& outcome) {
  return {
      {"time", format_utc(outcome.time)},
      {"command_id", outcome.command_id},
      {"decision_id", outcome.decision_id},
      {"cgroup", outcome.target.path},
      {"knob", to_string(outcome.knob)},
      {"cause", to_string(outcome.cause)},
      {"reaction_us", outcome.reaction ? Json(static_cast<double>(outcome.reaction->count()) / 1e3)
                                       : Json(nullptr)},
      {"status", to_string(outcome.status)},
      {"refusal", to_string(outcome.refusal)},
      {"detail", outcome.detail},
      {"before", or_null(outcome.before)},
      {"requested", or_null(outcome.requested)},
      {"after", or_null(outcome.after)},
      {"change", fmt::format("{} -> {}", format_knob_value(outcome.knob, outcome.before),
                             format_knob_value(outcome.knob, outcome.after))},
  };
}

Json reflex_json(const ReflexState& state) {
  const Reflex& reflex = state.reflex;
  const Adjustment& adjustment = reflex.adjustment;
  const auto time_of = [](const std::optional<WallTime>& time) {
    return time ? Json(format_utc(*time)) : Json(nullptr);
  };
  return {
      {"decision_id", reflex.decision_id},
      {"name", reflex.name},
      {"signature", reflex.signature},
      {"cgroup", adjustment.target.path},
      {"knob", to_string(adjustment.knob)},
      {"value", or_null(adjustment.value)},
      {"value_text", format_knob_value(adjustment.knob, adjustment.value)},
      {"window_s", seconds_of(reflex.window)},
      {"expires", format_utc(reflex.expires)},
      {"dry_run", reflex.dry_run},
      {"fired", state.fired},
      {"extended", state.extended},
      {"needless", state.needless},
      {"suppressed", state.suppressed},
      {"failed", state.failed},
      {"last_fired", time_of(state.last_fired)},
      {"last_reaction_us", state.last_reaction
                               ? Json(static_cast<double>(state.last_reaction->count()) / 1e3)
                               : Json(nullptr)},
      {"active_until", time_of(state.active_until)},
  };
}

Json capture_json(const AgentStatus::Capture& capture) {
  return {
      {"source", capture.source},
      {"working", capture.problem.empty()},
      {"problem", capture.problem},
      {"resumed", capture.resumed},
      {"execs", capture.stats.execs},
      {"exits", capture.stats.exits},
      {"undecodable", capture.stats.undecodable},
      {"lost_execs", capture.stats.lost_execs},
      {"lost_exits", capture.stats.lost_exits},
      {"blind_spots", capture.blind_spots},
      {"why_not_bpf", capture.why_not_bpf},
  };
}

Json spool_json(const AgentStatus::SpoolStatus& spool) {
  return {
      {"writable", spool.problem.empty()},
      {"problem", spool.problem},
      {"bytes", spool.stats.bytes},
      {"batches", spool.stats.entries},
      {"last_sequence", spool.stats.last_sequence},
      {"dropped_batches", spool.stats.dropped_entries},
      {"corrupt_batches", spool.stats.corrupt_entries},
  };
}

Json uplink_json(const AgentStatus& status) {
  const LinkAdvice link = describe_link(status.uplink, status.public_key);
  return {
      {"coordinator", status.uplink.endpoint},
      {"state", link.state},
      {"explanation", link.explanation},
      {"advice", link.advice},
      {"acked_batches", status.uplink.acked_batches},
      {"resent_batches", status.uplink.resent_batches},
  };
}

Json host_json(const std::optional<AgentStatus::Host>& host) {
  if (!host) return Json();
  return {
      {"cpu_cores", host->cpu_cores},
      {"cpu_count", host->cpu_count},
      {"memory_used_bytes", host->memory_used.count},
      {"memory_total_bytes", host->memory_total.count},
  };
}

Json app_metrics_json(const AgentStatus& status) {
  Json targets = Json::array();
  for (const auto& target : status.scrape_targets) {
    targets.push_back({{"name", target.name},
                       {"scrapes", target.scrapes},
                       {"failures", target.failures},
                       {"problem", target.problem}});
  }
  const MetricTableStats& stats = status.app_metrics;
  return {{"metrics", stats.metrics},
          {"values", stats.accepted},
          {"malformed_lines", stats.malformed},
          {"refused_values", stats.refused},
          {"scrape_targets", std::move(targets)}};
}

Json storms_json(const AgentStatus& status) {
  Json going_on = Json::array();
  for (const auto& storm : status.storms) {
    if (storm.ended) continue;
    going_on.push_back(
        {{"cgroup", storm.cgroup},
         {"began", format_utc(WallTime(storm.began.time_since_epoch() + status.wall_minus_boot))},
         {"withheld", storm.withheld}});
  }
  return {{"withheld", status.withheld}, {"going_on", std::move(going_on)}};
}

Json upcoming_json(const AgentStatus& status) {
  constexpr std::size_t kShown = 20;
  Json commands = Json::array();
  if (!status.upcoming)
    return {{"count", 0}, {"problems", Json::array()}, {"commands", std::move(commands)}};
  for (const auto& command : status.upcoming->commands) {
    if (commands.size() == kShown) break;
    commands.push_back({{"time", format_utc(command.time)},
                        {"source", to_string(command.source)},
                        {"name", command.name},
                        {"user", command.user},
                        {"command", command.command},
                        {"period_s", seconds_of(command.period)}});
  }
  return {{"count", status.upcoming->commands.size() + status.upcoming->left_out},
          {"problems", status.upcoming->problems},
          {"commands", std::move(commands)}};
}

Json losses_json(const std::map<Hop, std::uint64_t>& losses) {
  Json json = Json::object();
  for (const auto& [hop, count] : losses) json[std::string(to_string(hop))] = count;
  return json;
}

}  // namespace

LinkAdvice describe_link(const AgentStatus::Uplink& uplink, const std::string& public_key) {
  if (uplink.endpoint.empty()) {
    return {"not_configured", "no coordinator is configured; records are kept in the spool",
            "set uplink.endpoint and the coordinator's key in the configuration"};
  }
  switch (uplink.state) {
    case LinkState::connected:
      return {"connected", "connected to " + uplink.endpoint, ""};
    case LinkState::not_enrolled:
      return {"not_enrolled",
              "the coordinator does not accept this agent's key; records are kept in the spool",
              fmt::format("run on the coordinator: foreshock-coordinator agents approve {}'{}'",
                          // One key in 85 would be taken for an option.
                          public_key.starts_with('-') ? "-- " : "", public_key)};
    case LinkState::handshake_failed:
      return {"handshake_failed",
              uplink.endpoint + " answers, but not with the coordinator's key we were given",
              "compare coordinator.public_key of the agent's configuration with the key that "
              "`foreshock-coordinator status` shows"};
    case LinkState::connecting:
      break;
  }
  return {"connecting", "no answer from " + uplink.endpoint + " yet; records are kept in the spool",
          "if this lasts: check that the coordinator runs and that its port can be reached"};
}

std::optional<std::string> find_problem(const AgentStatus& status) {
  if (status.time == WallTime()) return "starting: nothing was captured or sampled yet";
  if (!status.capture.problem.empty()) return "capture: " + status.capture.problem;
  if (!status.spool.problem.empty()) return "spool: " + status.spool.problem;
  return std::nullopt;
}

std::string render_execution_json(const Execution& execution, Nanoseconds wall_minus_boot) {
  return dump(execution_json(execution, wall_minus_boot));
}

std::string render_status_json(const AgentStatus& status) {
  Json executions = Json::array();
  for (const auto& execution : status.recent_executions) {
    executions.push_back(execution_json(execution, status.wall_minus_boot));
  }
  Json reflexes = Json::array();
  for (const auto& state : status.reflexes) reflexes.push_back(reflex_json(state));
  Json outcomes = Json::array();
  for (const auto& outcome : status.recent_outcomes) outcomes.push_back(outcome_json(outcome));
  return dump({
      {"host", status.host_name},
      {"version", status.version},
      {"time", time_or_null(status.time)},
      {"started", time_or_null(status.started)},
      {"problem", or_null(find_problem(status))},
      {"public_key", status.public_key},
      {"capture", capture_json(status.capture)},
      {"live_processes",
       {{"tracked", status.lifetimes.alive}, {"evicted", status.lifetimes.evicted}}},
      {"spool", spool_json(status.spool)},
      {"uplink", uplink_json(status)},
      {"losses", losses_json(status.losses)},
      {"host_use", host_json(status.host)},
      {"app_metrics", app_metrics_json(status)},
      {"upcoming", upcoming_json(status)},
      {"workloads", status.workloads},
      {"processes", status.processes},
      {"own_use",
       {{"cpu_s", seconds_of(status.own.cpu)},
        {"rss_bytes", status.own.rss.count},
        {"saving", to_string(status.own.saving)}}},
      {"exec_storms", storms_json(status)},
      {"recent_executions", std::move(executions)},
      {"reflexes", std::move(reflexes)},
      {"recent_outcomes", std::move(outcomes)},
  });
}

}  // namespace foreshock::agent
