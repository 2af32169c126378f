#include "coordinator/offline/learned_leads.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/text/csv.h"
#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

using Json = nlohmann::json;

constexpr auto kRight = TextColumn::Align::right;

std::string name_of(const CommandRuns& command) {
  return command.script.empty() || command.script == command.program
             ? command.program
             : command.program + " " + command.script;
}

const CommandRuns& command_of(const LearnedLeads& learned, const LearnedLead& lead) {
  return learned.knowledge.history().commands[lead.found.command];
}

std::string previous_of(const LearnedLeads& learned, const LearnedLead& lead) {
  return lead.found.previous ? name_of(learned.knowledge.history().commands[*lead.found.previous])
                             : "";
}

std::string signature_of(const LearnedLeads& learned, const LearnedLead& lead) {
  const std::string previous = previous_of(learned, lead);
  const std::string name = name_of(command_of(learned, lead));
  return previous.empty() ? name : fmt::format("{} (after {})", name, previous);
}

std::string host_of(const LearnedLeads& learned, std::optional<std::size_t> host,
                    const char* otherwise) {
  return host ? learned.stream.host_name(*host) : otherwise;
}

std::string seconds_text(double s) {
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(s * 1e9)));
}

Json lead_json(const LearnedLeads& learned, const LearnedLead& lead) {
  const LeadResponse& response = lead.response;
  const double step_s = learned.knowledge.history().step_s;
  return {{"signature", signature_of(learned, lead)},
          {"command", name_of(command_of(learned, lead))},
          {"previous", previous_of(learned, lead)},
          {"source_host", host_of(learned, lead.found.source, "any host")},
          {"host", host_of(learned, lead.found.target, "the same host")},
          {"cgroup", ""},
          {"quantity", "cpu_usage"},
          {"unit", "cores"},
          {"lag_s", response.lag_s},
          {"lag_spread_s", (response.lag_high_s - response.lag_low_s) / 2},
          {"lag_low_s", response.lag_low_s},
          {"lag_high_s", response.lag_high_s},
          {"duration_s", response.duration_s},
          {"effect", response.effect},
          {"effect_low", response.effect_low},
          {"effect_high", response.effect_high},
          {"support", response.outcomes.size()},
          {"precision", response.precision},
          {"probability", response.probability},
          {"lift", response.lift()},
          {"p_value", lead.found.p_value},
          {"q_value", lead.found.q_value},
          {"size_argument", response.size ? response.size->argument : ""},
          {"response",
           {{"from_s", -static_cast<double>(LeadResponse::kCurveBefore) * step_s},
            {"step_s", step_s},
            {"values", response.curve}}}};
}

}  // namespace

Result<void> write_leads_csv(const std::string& path, const LearnedLeads& learned) {
  FS_TRY(auto out,
         CsvWriter::open(
             path, {"rank",       "command",    "arg",        "prev_command", "target_series",
                    "lag_s",      "prob",       "effect",     "confidence",   "lag_low_s",
                    "lag_high_s", "duration_s", "effect_low", "effect_high",  "lift",
                    "precision",  "support",    "p_value",    "q_value",      "size_argument"}));
  std::int64_t rank = 0;
  for (const LearnedLead& lead : learned.knowledge.leads()) {
    const CommandRuns& command = command_of(learned, lead);
    const LeadResponse& response = lead.response;
    ++rank;
    out.add(rank).add(command.program).add(command.script).add(previous_of(learned, lead));
    out.add(lead.found.target ? "cpu:" + learned.stream.host_name(*lead.found.target)
                              : "same host");
    out.add(response.lag_s).add(response.probability).add(response.effect);
    out.add(1 - lead.found.q_value);
    out.add(response.lag_low_s).add(response.lag_high_s).add(response.duration_s);
    out.add(response.effect_low).add(response.effect_high);
    out.add(response.lift()).add(response.precision);
    out.add(static_cast<std::int64_t>(response.outcomes.size()));
    out.add(lead.found.p_value).add(lead.found.q_value);
    out.add(response.size ? response.size->argument : "");
    FS_CHECK(out.end_row());
  }
  return out.close();
}

std::string leads_json(const LearnedLeads& learned) {
  Json leads = Json::array();
  for (const LearnedLead& lead : learned.knowledge.leads())
    leads.push_back(lead_json(learned, lead));
  return Json{{"leads", leads}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string leads_table(const LearnedLeads& learned, const TextStyle& style) {
  TextTable table({{"COMMAND"},
                   {"LEADS"},
                   {"LAG", kRight},
                   {"80 % WITHIN", kRight},
                   {"FOR", kRight},
                   {"EFFECT", kRight},
                   {"SEEN", kRight},
                   {"FOLLOWED", kRight},
                   {"LIFT", kRight},
                   {"P", kRight}});
  for (const LearnedLead& lead : learned.knowledge.leads()) {
    const LeadResponse& response = lead.response;
    std::string effect = fmt::format("+{:.3g} cores", response.effect);
    if (response.size) effect += " by " + response.size->argument;
    table.add_row(
        {signature_of(learned, lead), host_of(learned, lead.found.target, "the same host"),
         seconds_text(response.lag_s),
         fmt::format("{} – {}", seconds_text(response.lag_low_s),
                     seconds_text(response.lag_high_s)),
         seconds_text(response.duration_s), effect,
         fmt::format("{} times", response.outcomes.size()),
         fmt::format("{:.0f} %", response.precision * 100), fmt::format("{:.1f}", response.lift()),
         fmt::format("{:.2g}", lead.found.p_value)});
  }
  return table.empty() ? "no lead command was found\n" : table.render(style);
}

}  // namespace foreshock::coordinator
