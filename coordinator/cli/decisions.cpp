// policies, decisions (list, explain): what may be done, what was, and why.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string describe_scope(const Json& policy) {
  std::string text = raw_words_of(policy, "cgroup");
  if (const auto host = raw_words_of(policy, "host"); !host.empty()) text += " on " + host;
  if (const auto tag = raw_words_of(policy, "tag"); !tag.empty()) text += " with " + tag;
  return text;
}

TextCell outcome_cell(const std::string& outcome) {
  if (outcome == "raise") return {outcome, Tint::good};
  if (outcome == "hold") return {outcome, Tint::warning};
  return {outcome, outcome == "keep" ? Tint::faint : Tint::none};
}

/// What the host made of it.
TextCell result_cell(const Json& decision, const std::string& knob) {
  const Json& outcome = decision.at("action_outcome");
  if (outcome.is_null()) return "-";
  const auto status = raw_words_of(outcome, "status");
  if (status == "applied") return {"now " + limit_of(outcome, "after", knob), Tint::good};
  if (status == "dry_run") return {"would be " + limit_of(outcome, "requested", knob), Tint::none};
  const auto refusal = raw_words_of(outcome, "refusal");
  return {refusal == "none" ? status : status + ": " + refusal, Tint::bad};
}

}  // namespace

std::string show_policies(const Json& reply, const View& view) {
  TextTable table({{"POLICY"},
                   {"MODE"},
                   {"WORKLOADS"},
                   {"KNOB"},
                   {"MIN", kRight},
                   {"MAX", kRight},
                   {"QUANTILE", kRight},
                   {"HEADROOM", kRight},
                   {"AHEAD", kRight}});
  for (const auto& policy : reply.at("policies")) {
    const auto knob = raw_words_of(policy, "knob");
    const auto mode = raw_words_of(policy, "mode");
    table.add_row({raw_words_of(policy, "policy"),
                   {mode, mode == "auto" ? Tint::good : Tint::none},
                   describe_scope(policy),
                   knob,
                   limit_of(policy, "min_capacity", knob),
                   limit_of(policy, "max_capacity", knob),
                   fmt::format("{:g}", number_of(policy, "quantile").value_or(0)),
                   fmt::format("{:.0f} %", number_of(policy, "headroom").value_or(0) * 100),
                   seconds_of(policy, "lead_time_s")});
  }
  return table.empty() ? "no policies: add a [[policy]] to the configuration\n"
                       : table.render(view.style);
}

std::string show_decisions(const Json& reply, const View& view) {
  TextTable table({{"ID", kRight},
                   {"WHEN", kRight},
                   {"POLICY"},
                   {"MODE"},
                   {"WORKLOAD"},
                   {"KNOB"},
                   {"OUTCOME"},
                   {"BEFORE", kRight},
                   {"WANTED", kRight},
                   {"RESULT"},
                   {"REASON"}});
  for (const auto& decision : reply.at("decisions")) {
    const auto knob = raw_words_of(decision, "knob");
    table.add_row({std::to_string(count_of(decision, "id")), ago_of(decision, "time", view),
                   raw_words_of(decision, "policy"), raw_words_of(decision, "mode"),
                   workload_of(decision), knob, outcome_cell(raw_words_of(decision, "outcome")),
                   limit_of(decision, "before", knob), limit_of(decision, "wanted", knob),
                   result_cell(decision, knob), raw_words_of(decision, "reason")});
  }
  return table.empty() ? "no decision matches\n" : table.render(view.style);
}

std::string show_decision(const Json& reply, const View&) {
  // Line by line: newlines are ours, everything else that steers a terminal is not.
  std::string text;
  std::string rest = raw_words_of(reply, "text");
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    text += make_printable(std::string_view(rest).substr(0, end)) + "\n";
    rest.erase(0, end == std::string::npos ? end : end + 1);
  }
  return text;
}

}  // namespace foreshock::coordinator
