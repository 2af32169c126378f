#include "agent/status/status_text.h"

#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/text/display.h"

namespace foreshock::agent {

namespace {

using Json = nlohmann::json;

constexpr auto kRight = TextColumn::Align::right;

std::string words(const Json& json, const char* key) {
  return make_printable(json.at(key).get<std::string>());
}

std::uint64_t count(const Json& json, const char* key) {
  return json.at(key).get<std::uint64_t>();
}

std::string amount(const Json& json, const char* key) {
  return format_bytes(count(json, key));
}

std::string duration(const Json& json, const char* key) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(json.at(key).get<double>() * 1e9)));
}

std::optional<WallTime> time(const Json& json, const char* key) {
  return json.at(key).is_string() ? parse_utc(json.at(key).get<std::string>()) : std::nullopt;
}

/// "12:31:03" of the UTC time.
std::string time_of_day(const Json& json) {
  const auto text = words(json, "time");
  return text.size() > 19 ? text.substr(11, 8) : text;
}

std::string line(std::string_view name, const std::string& text) {
  return fmt::format("{:<11}{}\n", name, text);
}

std::string describe_capture(const Json& capture, const TextStyle& style) {
  if (!capture.at("working").get<bool>())
    return tinted(words(capture, "problem"), Tint::bad, style);
  std::string text =
      fmt::format("{}{}: {} execs, {} exits, {} + {} lost in the kernel, {} not understood",
                  words(capture, "source"),
                  capture.at("resumed").get<bool>() ? " (taken over from an agent that died)" : "",
                  count(capture, "execs"), count(capture, "exits"), count(capture, "lost_execs"),
                  count(capture, "lost_exits"), count(capture, "undecodable"));
  for (const auto& spot : capture.at("blind_spots"))
    text += fmt::format("\n{:<11}not seen: {}", "", make_printable(spot.get<std::string>()));
  if (const auto reason = words(capture, "why_not_bpf"); !reason.empty()) {
    text += fmt::format("\n{:<11}for all of it BPF is needed: {} (see foreshock-agent check)", "",
                        reason);
  }
  return text;
}

std::string describe_spool(const Json& spool, const TextStyle& style) {
  auto numbers = fmt::format("{} batches, {}, {} dropped, {} corrupt", count(spool, "batches"),
                             amount(spool, "bytes"), count(spool, "dropped_batches"),
                             count(spool, "corrupt_batches"));
  if (spool.at("writable").get<bool>()) return numbers;
  return tinted(words(spool, "problem"), Tint::bad, style) + "; " + numbers;
}

std::string describe_uplink(const Json& uplink, const TextStyle& style) {
  const bool connected = words(uplink, "state") == "connected";
  std::string text =
      tinted(words(uplink, "explanation"), connected ? Tint::good : Tint::warning, style);
  text += fmt::format(" ({} batches acknowledged, {} sent again)", count(uplink, "acked_batches"),
                      count(uplink, "resent_batches"));
  if (const auto advice = words(uplink, "advice"); !advice.empty())
    text += fmt::format("\n{:<11}{}", "", advice);
  return text;
}

std::string describe_host(const Json& status) {
  const Json& host = status.at("host_use");
  auto things =
      fmt::format("{} workloads, {} processes ({} tracked)", count(status, "workloads"),
                  count(status, "processes"), count(status.at("live_processes"), "tracked"));
  if (host.is_null()) return things;
  return fmt::format("{:.2f} of {} cores, {} of {} memory, {}", host.at("cpu_cores").get<double>(),
                     count(host, "cpu_count"), amount(host, "memory_used_bytes"),
                     amount(host, "memory_total_bytes"), things);
}

std::string describe_losses(const Json& losses) {
  std::string text;
  for (const auto& [hop, lost] : losses.items()) {
    if (lost.get<std::uint64_t>() == 0) continue;
    text += fmt::format("{}{} at {}", text.empty() ? "" : ", ", lost.get<std::uint64_t>(),
                        make_printable(hop));
  }
  return text.empty() ? "none" : text;
}

std::string join_words(const Json& argv) {
  std::string joined;
  for (const auto& word : argv) joined += (joined.empty() ? "" : " ") + word.get<std::string>();
  return joined;
}

std::string render_executions(const Json& executions, const TextStyle& style) {
  TextTable table({{"TIME"},
                   {"PID", kRight},
                   {"CPU", kRight},
                   {"RSS", kRight},
                   {"TOOK", kRight},
                   {"WORKLOAD"},
                   {"COMMAND"}});
  for (const auto& execution : executions) {
    const bool running = execution.at("running").get<bool>();
    const auto command = join_words(execution.at("argv"));
    table.add_row({time_of_day(execution), std::to_string(count(execution, "pid")),
                   running ? "-" : duration(execution, "cpu_s"),
                   running ? "-" : amount(execution, "peak_rss_bytes"),
                   running ? "runs" : duration(execution, "duration_s"),
                   execution.at("cgroup").get<std::string>(),
                   command.empty() ? words(execution, "comm") : command});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string render_outcomes(const Json& outcomes, const TextStyle& style) {
  TextTable table(
      {{"TIME"}, {"DECISION", kRight}, {"WORKLOAD"}, {"KNOB"}, {"CHANGE"}, {"STATUS"}, {"DETAIL"}});
  for (const auto& outcome : outcomes) {
    const auto status = words(outcome, "status");
    const auto refusal = words(outcome, "refusal");
    table.add_row({time_of_day(outcome),
                   std::to_string(count(outcome, "decision_id")),
                   outcome.at("cgroup").get<std::string>(),
                   words(outcome, "knob"),
                   words(outcome, "change"),
                   {refusal == "none" ? status : status + ": " + refusal,
                    status == "applied" || status == "dry_run" ? Tint::good : Tint::bad},
                   outcome.at("detail").get<std::string>()});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string describe_app_metrics(const Json& metrics) {
  std::string text =
      fmt::format("{} of applications, {} values, {} lines not understood, {} refused",
                  count(metrics, "metrics"), count(metrics, "values"),
                  count(metrics, "malformed_lines"), count(metrics, "refused_values"));
  for (const auto& target : metrics.at("scrape_targets")) {
    if (const auto problem = words(target, "problem"); !problem.empty())
      text += fmt::format("\n{:<11}{}: {}", "", words(target, "name"), problem);
  }
  return text;
}

std::string describe_upcoming(const Json& upcoming) {
  std::string text = fmt::format("{} commands", count(upcoming, "count"));
  if (!upcoming.at("commands").empty()) {
    const Json& next = upcoming.at("commands").front();
    text += fmt::format(", next at {} UTC: {} ({})", time_of_day(next), words(next, "command"),
                        words(next, "name"));
  }
  for (const auto& problem : upcoming.at("problems"))
    text += fmt::format("\n{:<11}{}", "", make_printable(problem.get<std::string>()));
  return text;
}

std::string describe_last_firing(const Json& reflex) {
  if (reflex.at("last_fired").is_null()) return "-";
  const auto& reaction = reflex.at("last_reaction_us");
  const std::string after =
      reaction.is_null() ? "" : fmt::format(", {:.0f} µs after the exec", reaction.get<double>());
  return words(reflex, "last_fired") + after;
}

std::string render_reflexes(const Json& reflexes, const TextStyle& style) {
  TextTable table({{"REFLEX ON"}, {"WORKLOAD"}, {"LIMIT"}, {"FIRED", kRight}, {"STATE"}, {"LAST"}});
  for (const auto& reflex : reflexes) {
    std::string state = reflex.at("active_until").is_null() ? "armed" : "active";
    if (reflex.at("dry_run").get<bool>()) state += ", dry run";
    table.add_row({reflex.at("signature").get<std::string>(),
                   reflex.at("cgroup").get<std::string>(),
                   fmt::format("{} to {}", words(reflex, "knob"), words(reflex, "value_text")),
                   std::to_string(count(reflex, "fired")), state, describe_last_firing(reflex)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string describe_own_use(const Json& own, const TextStyle& style) {
  std::string text = fmt::format("{} of cpu, {}", duration(own, "cpu_s"), amount(own, "rss_bytes"));
  if (const auto saving = words(own, "saving"); saving != "nothing")
    text += tinted(", over its budget: saves " + saving, Tint::bad, style);
  return text;
}

std::string describe_storms(const Json& storms, const TextStyle& style) {
  std::string text;
  for (const auto& storm : storms.at("going_on")) {
    text += fmt::format("{}{} ({} commands only counted)", text.empty() ? "" : ", ",
                        words(storm, "cgroup"), count(storm, "withheld"));
  }
  return text.empty() ? text : tinted(text, Tint::bad, style);
}

std::string render(const Json& status, const TextStyle& style) {
  const auto now = time(status, "time");
  const auto started = time(status, "started");
  std::string text;
  if (!status.at("problem").is_null())
    text += line("PROBLEM", tinted(words(status, "problem"), Tint::bad, style));
  text +=
      line("host", fmt::format("{}, agent {}{}", words(status, "host"), words(status, "version"),
                               now && started ? ", up " + format_duration(*now - *started) : ""));
  text += line("capture", describe_capture(status.at("capture"), style));
  text += line("uplink", describe_uplink(status.at("uplink"), style));
  text += line("spool", describe_spool(status.at("spool"), style));
  text += line("losses", describe_losses(status.at("losses")));
  text += line("sampled", describe_host(status));
  text += line("metrics", describe_app_metrics(status.at("app_metrics")));
  text += line("upcoming", describe_upcoming(status.at("upcoming")));
  if (const auto storms = describe_storms(status.at("exec_storms"), style); !storms.empty())
    text += line("storms", storms);
  text += line("own use", describe_own_use(status.at("own_use"), style));
  text += line("public key", words(status, "public_key"));
  text += render_executions(status.at("recent_executions"), style);
  text += render_reflexes(status.at("reflexes"), style);
  text += render_outcomes(status.at("recent_outcomes"), style);
  return text;
}

}  // namespace

Result<std::string> render_status_text(std::string_view json, const TextStyle& style) try {
  return render(Json::parse(json), style);
} catch (const Json::exception& problem) {
  return Error(ErrorCode::corrupt,
               fmt::format("the agent's answer is not a status: {}", problem.what()));
}

}  // namespace foreshock::agent
