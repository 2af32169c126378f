// anomalies: what was unusual, and why.
#include <fmt/format.h>

#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

/// Users whose commands were unlike theirs; empty where there are none.
std::string render_sessions(const Json& reply, const View& view) {
  TextTable table({{"WHEN", kRight},
                   {"HOST"},
                   {"UID", kRight},
                   {"SCORE", kRight},
                   {"FOUND BY"},
                   {"COMMAND"},
                   {"WHY"}});
  for (const auto& row : reply.at("sessions")) {
    table.add_row(
        {ago_of(row, "time", view), raw_words_of(row, "host"), std::to_string(count_of(row, "uid")),
         fmt::format("{:.2f}", number_of(row, "score").value_or(0)), raw_words_of(row, "detector"),
         raw_words_of(row, "command"), raw_words_of(row, "reason")});
  }
  return table.empty() ? ""
                       : "\nusers who ran what they usually do not\n" + table.render(view.style);
}

}  // namespace

std::string show_anomalies(const Json& reply, const View& view) {
  TextTable table({{"WHEN", kRight},
                   {"HOST"},
                   {"WORKLOAD"},
                   {"QUANTITY"},
                   {"VALUE", kRight},
                   {"SCORE", kRight},
                   {"AGREE", kRight},
                   {"WHY"}});
  for (const auto& row : reply.at("anomalies")) {
    table.add_row({ago_of(row, "time", view), raw_words_of(row, "host"), workload_of(row),
                   raw_words_of(row, "quantity"),
                   describe_amount(number_of(row, "value"), raw_words_of(row, "unit")),
                   fmt::format("{:.2f}", number_of(row, "score").value_or(0)),
                   std::to_string(count_of(row, "agreeing")), raw_words_of(row, "reason")});
  }
  const auto settling = count_of(reply, "settling_series");
  const std::string watched = fmt::format(
      "{} series watched{}\n", count_of(reply, "watched_series"),
      settling == 0 ? ""
                    : fmt::format("; of {} so little was seen yet that only what is far "
                                  "out is told",
                                  settling));
  const std::string sessions = render_sessions(reply, view);
  if (!table.empty()) return table.render(view.style) + watched + sessions;
  return watched +
         fmt::format("nothing unusual in the last {} days{}\n", count_of(reply, "days"),
                     reply.at("all").get<bool>()
                         ? ""
                         : " that several detectors agree on; --all shows what one of them found") +
         sessions;
}

}  // namespace foreshock::coordinator
