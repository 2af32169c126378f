// upcoming, metrics: what hosts are going to run, and what their applications say.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string amount(const Json& json, const char* key) {
  const auto number = number_of(json, key);
  return number ? fmt::format("{:.6g}", *number) : "-";
}

/// Of a distribution its median stands for it, of a counter how fast it grows.
std::string current_value(const Json& metric) {
  if (number_of(metric, "per_second")) return fmt::format("{}/s", amount(metric, "per_second"));
  return amount(metric, "p50") == "-" ? amount(metric, "value") : amount(metric, "p50");
}

}  // namespace

std::string show_upcoming(const Json& reply, const View& view) {
  TextTable table({{"WHEN", kRight}, {"EVERY", kRight}, {"HOST"}, {"USER"}, {"FROM"}, {"COMMAND"}});
  for (const auto& command : reply.at("upcoming")) {
    table.add_row({ago_of(command, "time", view), seconds_of(command, "period_s"),
                   raw_words_of(command, "host"), raw_words_of(command, "user"),
                   raw_words_of(command, "name"), raw_words_of(command, "command")});
  }
  return table.empty() ? "no host has told of a command to come\n" : table.render(view.style);
}

std::string show_app_metrics(const Json& reply, const View& view) {
  TextTable table({{"ID", kRight},
                   {"WHEN", kRight},
                   {"HOST"},
                   {"KIND"},
                   {"VALUE", kRight},
                   {"P90", kRight},
                   {"P99", kRight},
                   {"COUNT", kRight},
                   {"NAME"},
                   {"LABELS"}});
  for (const auto& metric : reply.at("metrics")) {
    table.add_row({std::to_string(count_of(metric, "id")), ago_of(metric, "time", view),
                   raw_words_of(metric, "host"), raw_words_of(metric, "kind"),
                   current_value(metric), amount(metric, "p90"), amount(metric, "p99"),
                   amount(metric, "count"), raw_words_of(metric, "name"),
                   raw_words_of(metric, "labels")});
  }
  return table.empty() ? "no application has told anything\n" : table.render(view.style);
}

std::string show_app_metric(const Json& reply, const View& view) {
  std::string text =
      fmt::format("{} {} on {} ({})\n", words_of(reply, "name"), words_of(reply, "labels"),
                  words_of(reply, "host"), words_of(reply, "kind"));
  TextTable table({{"TIME (UTC)"},
                   {"VALUE", kRight},
                   {"PER SECOND", kRight},
                   {"COUNT", kRight},
                   {"P50", kRight},
                   {"P90", kRight},
                   {"P99", kRight},
                   {"MAX", kRight}});
  for (const auto& point : reply.at("points")) {
    table.add_row({raw_words_of(point, "time"), amount(point, "value"), amount(point, "per_second"),
                   amount(point, "count"), amount(point, "p50"), amount(point, "p90"),
                   amount(point, "p99"), amount(point, "max")});
  }
  return text + (table.empty() ? "no sample in this time\n" : table.render(view.style));
}

}  // namespace foreshock::coordinator
