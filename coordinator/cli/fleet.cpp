// status, hosts, workloads, tags: what there is and how it does.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "common/base/bytes.h"
#include "common/model/agent_use.h"
#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string line(std::string_view name, const std::string& text) {
  return fmt::format("{:<11}{}\n", name, text);
}

std::string describe_agents(const Json& agents) {
  return fmt::format("{} approved, {} pending, {} revoked", count_of(agents, "approved"),
                     count_of(agents, "pending"), count_of(agents, "revoked"));
}

std::string describe_live(const Json& live, const View& view) {
  return fmt::format(
      "{} of {} hosts reporting, {} workloads; {} commands in {} reports, {} records lost in the "
      "last "
      "minute; published {}",
      count_of(live, "hosts_reporting"), count_of(live, "hosts"), count_of(live, "workloads"),
      count_of(live, "executions"), count_of(live, "reports"), count_of(live, "losses_last_minute"),
      ago_of(live, "published", view));
}

/// Why nothing is written down; empty when it is.
std::string describe_history(const Json& history, const View& view) {
  const auto problem = words_of(history, "problem");
  if (problem.empty()) return "";
  return fmt::format("{} (since {}; agents keep what they report meanwhile)",
                     tinted(problem, Tint::bad, view.style),
                     ago_of(history, "failing_since", view));
}

std::string describe_learning(const Json& learning, const View& view) {
  if (const auto problem = words_of(learning, "problem"); !problem.empty())
    return tinted(problem, Tint::bad, view.style);
  if (learning.at("learned_at").is_null()) return "not yet";
  return fmt::format("{} lead commands, {} forecasts ({} not yet), {} tags; {}, took {}",
                     count_of(learning, "leads"), count_of(learning, "forecasts"),
                     count_of(learning, "not_yet"), count_of(learning, "tags"),
                     ago_of(learning, "learned_at", view), seconds_of(learning, "took_s"));
}

std::string cores_of(const Json& json, const char* key) {
  const auto cores = number_of(json, key);
  return cores ? fmt::format("{:.2f}", *cores) : "-";
}

/// "batch, role=web": what a person would call the tags.
std::string describe_tags(const Json& tags) {
  std::string text;
  for (const auto& [key, value] : tags.items()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value.get<std::string>());
  }
  return text;
}

/// What the agent uses, and what it leaves out to stay within its budget.
TextCell agent_use_of(const Json& live) {
  if (live.is_null() || live.at("agent").is_null()) return "-";
  const Json& agent = live.at("agent");
  const auto cores = number_of(agent, "cpu_cores");
  auto text = fmt::format("{}, {}", cores ? fmt::format("{:.1f} %", *cores * 100) : "-",
                          bytes_of(agent, "rss_bytes"));
  const auto saving = words_of(agent, "saving");
  if (saving == to_string(Saving::nothing)) return {text};
  return {fmt::format("{}, saves: {}", text, saving), Tint::warning};
}

void add_host(const Json& host, const View& view, TextTable& table) {
  const Json& live = host.at("live");
  const auto lost = count_of(host, "losses");
  table.add_row({raw_words_of(host, "host"),
                 live.is_null() ? "-"
                                : fmt::format("{} of {}", cores_of(live, "cpu_cores"),
                                              count_of(live, "cpu_count")),
                 live.is_null() ? "-"
                                : fmt::format("{} of {}", bytes_of(live, "memory_used_bytes"),
                                              bytes_of(live, "memory_total_bytes")),
                 ago_of(host, "last_seen", view),
                 std::to_string(count_of(host, "executions")),
                 {std::to_string(lost), lost > 0 ? Tint::warning : Tint::none},
                 raw_words_of(host, "agent_version"),
                 agent_use_of(live)});
}

void add_workload(const Json& workload, const View& view, TextTable& table) {
  static const Json kNothing = Json::object();
  const Json& live = workload.at("live").is_null() ? kNothing : workload.at("live");
  const bool throttled = live.value("throttled", false);
  const auto processes = number_of(live, "processes");
  table.add_row({workload_of(workload),
                 raw_words_of(workload, "host"),
                 {cores_of(live, "cpu_cores") + (throttled ? "!" : ""),
                  throttled ? Tint::warning : Tint::none},
                 limit_of(live, "cpu_max_millicores", "cpu_max"),
                 bytes_of(live, "memory_working_set_bytes"),
                 limit_of(live, "memory_max_bytes", "memory_max"),
                 processes ? fmt::format("{:.0f}", *processes) : "-",
                 describe_tags(workload.at("tags")),
                 ago_of(workload, "last_seen", view)});
}

std::string describe_signatures(const Json& signatures, const View& view) {
  auto known = std::to_string(count_of(signatures, "known"));
  if (signatures.at("last_left_out").is_null()) return known;
  return tinted(fmt::format("{}, no room for more: new commands are '<other>', last {}", known,
                            ago_of(signatures, "last_left_out", view)),
                Tint::warning, view.style);
}

}  // namespace

std::string show_status(const Json& reply, const View& view) {
  const Json& policies = reply.at("policies");
  std::string text = line(
      "version", fmt::format("{}, epoch {}", words_of(reply, "version"), count_of(reply, "epoch")));
  text += line("agents at", words_of(reply, "endpoint"));
  text += line("public key", words_of(reply, "public_key"));
  text += line("agents", describe_agents(reply.at("agents")));
  text += line("live", describe_live(reply.at("live"), view));
  if (const auto problem = describe_history(reply.at("history"), view); !problem.empty())
    text += line("PROBLEM", problem);
  text += line("learned", describe_learning(reply.at("learning"), view));
  text += line("signatures", describe_signatures(reply.at("signatures"), view));
  text += line("policies", fmt::format("{} auto, {} observe; {} commands to agents under way",
                                       count_of(policies, "auto"), count_of(policies, "observe"),
                                       count_of(reply.at("live"), "commands_in_flight")));
  if (count_of(reply.at("agents"), "pending") > 0) {
    text +=
        tinted("agents are waiting: foreshock-coordinator agents list", Tint::warning, view.style) +
        "\n";
  }
  return text;
}

std::string show_hosts(const Json& reply, const View& view) {
  TextTable table({{"HOST"},
                   {"CORES", kRight},
                   {"MEMORY", kRight},
                   {"LAST SEEN", kRight},
                   {"COMMANDS", kRight},
                   {"LOST", kRight},
                   {"AGENT"},
                   {"ITS USE"}});
  for (const auto& host : reply.at("hosts")) add_host(host, view, table);
  return table.empty() ? "no host has reported yet; see: foreshock-coordinator agents list\n"
                       : table.render(view.style);
}

std::string show_workloads(const Json& reply, const View& view) {
  std::vector<const Json*> busiest_first;
  for (const auto& workload : reply.at("workloads")) busiest_first.push_back(&workload);
  std::ranges::stable_sort(busiest_first, std::ranges::greater(), [](const Json* workload) {
    const Json& live = workload->at("live");
    return live.is_null() ? -1.0 : number_of(live, "cpu_cores").value_or(0);
  });
  TextTable table({{"WORKLOAD"},
                   {"HOST"},
                   {"CORES", kRight},
                   {"CPU MAX", kRight},
                   {"MEMORY", kRight},
                   {"MEMORY MAX", kRight},
                   {"PROCESSES", kRight},
                   {"TAGS"},
                   {"LAST SEEN", kRight}});
  for (const Json* workload : busiest_first) add_workload(*workload, view, table);
  return table.empty() ? "no workload has been seen yet\n" : table.render(view.style);
}

namespace {

TextTable tag_table(const Json& reply) {
  TextTable table(
      {{"WORKLOAD"}, {"HOST"}, {"TAG"}, {"SOURCE"}, {"CONFIDENCE", kRight}, {"EVIDENCE"}});
  for (const auto& tag : reply.at("tags")) {
    table.add_row({workload_of(tag), raw_words_of(tag, "host"),
                   raw_words_of(tag, "key") + "=" + raw_words_of(tag, "value"),
                   raw_words_of(tag, "source"),
                   fmt::format("{:.0f} %", number_of(tag, "confidence").value_or(0) * 100),
                   raw_words_of(tag, "evidence")});
  }
  return table;
}

}  // namespace

std::string show_tags(const Json& reply, const View& view) {
  const auto table = tag_table(reply);
  return table.empty() ? "no tags yet: no [[tag_rule]] has matched, and nothing is sure enough; "
                         "see: foreshock-coordinator tags proposals\n"
                       : table.render(view.style);
}

std::string show_tag_proposals(const Json& reply, const View& view) {
  const auto table = tag_table(reply);
  return table.empty()
             ? "nothing is proposed\n"
             : table.render(view.style) + "\nto decide: foreshock-coordinator tags lock | reject\n";
}

std::string show_tag_choice(const Json& reply, const View&) {
  const bool has_value = !reply.at("value").is_null();
  return fmt::format("{} of {} on {}: {}, from the next round of learning on\n",
                     words_of(reply, "key") + (has_value ? "=" + words_of(reply, "value") : ""),
                     workload_of(reply), words_of(reply, "host"), words_of(reply, "state"));
}

}  // namespace foreshock::coordinator
