// calendars: outside knowledge, and whether it helps.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

std::string describe_use(const Json& row) {
  if (count_of(row, "series") == 0) return "not yet measured";
  if (count_of(row, "helped") == 0) return "does not help, not used";
  return fmt::format("{:.0f} % of the error at best",
                     number_of(row, "usefulness").value_or(0) * 100);
}

}  // namespace

std::string show_calendars(const Json& reply, const View& view) {
  constexpr auto kRight = TextColumn::Align::right;
  TextTable table({{"NAME"},
                   {"KIND"},
                   {"SOURCE"},
                   {"READ", kRight},
                   {"EVENTS", kRight},
                   {"NEXT", kRight},
                   {"MOVES", kRight},
                   {"USE"}});
  std::string problems;
  for (const auto& row : reply.at("calendars")) {
    const WallTime next = time_of(row, "next_event");
    table.add_row({raw_words_of(row, "name"), raw_words_of(row, "kind"),
                   raw_words_of(row, "source"), ago_of(row, "loaded", view),
                   std::to_string(count_of(row, "events")),
                   next == WallTime() ? "-" : format_ago(next, view.now),
                   fmt::format("{} of {}", count_of(row, "helped"), count_of(row, "series")),
                   describe_use(row)});
    if (const auto problem = words_of(row, "problem"); !problem.empty())
      problems += fmt::format("{}: {}\n", words_of(row, "name"), problem);
  }
  if (table.empty()) return "no calendars; [[calendar]] in coordinator.toml adds them\n";
  return table.render(view.style) + problems;
}

}  // namespace foreshock::coordinator
