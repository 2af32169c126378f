// reflexes: what hosts do by themselves when a command is executed.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

TextCell state_cell(const Json& reflex) {
  const bool dry_run = reflex.at("dry_run").get<bool>();
  if (reflex.at("active_until").is_null()) return {dry_run ? "dry run" : "armed", Tint::none};
  return {dry_run ? "dry run, would be active" : "active", dry_run ? Tint::none : Tint::good};
}

std::string describe_last(const Json& reflex, const View& view) {
  if (reflex.at("last_fired").is_null()) return "-";
  const auto reaction = number_of(reflex, "last_reaction_us");
  return ago_of(reflex, "last_fired", view) +
         (reaction ? fmt::format(", in {:.0f} µs", *reaction) : "");
}

}  // namespace

std::string show_reflexes(const Json& reply, const View& view) {
  TextTable table({{"DECISION", kRight},
                   {"REFLEX"},
                   {"COMMAND"},
                   {"HOST"},
                   {"WORKLOAD"},
                   {"LIMIT"},
                   {"FOR", kRight},
                   {"STATE"},
                   {"FIRED", kRight},
                   {"LAST"},
                   {"EXPIRES"}});
  for (const auto& reflex : reply.at("reflexes")) {
    const auto knob = raw_words_of(reflex, "knob");
    table.add_row({std::to_string(count_of(reflex, "decision_id")), raw_words_of(reflex, "reflex"),
                   raw_words_of(reflex, "signature"), raw_words_of(reflex, "host"),
                   workload_of(reflex), knob + " " + limit_of(reflex, "value", knob),
                   seconds_of(reflex, "window_s"), state_cell(reflex),
                   std::to_string(count_of(reflex, "fired")), describe_last(reflex, view),
                   raw_words_of(reflex, "expires")});
  }
  return table.empty() ? "no reflex is armed\n" : table.render(view.style);
}

}  // namespace foreshock::coordinator
