// accuracy: how forecasts came out.
#include <fmt/format.h>

#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string percent(const Json& row, const char* key) {
  const auto share = number_of(row, key);
  return share ? fmt::format("{:.0f} %", *share * 100) : "-";
}

/// Against "it stays as it was": below 1 the forecast was better.
std::string against_naive(const Json& row) {
  const auto error = number_of(row, "mean_error");
  const auto naive = number_of(row, "mean_naive_error");
  return error && naive && *naive > 0 ? fmt::format("{:.2f}", *error / *naive) : "-";
}

/// A band that should hold 80 % and holds much less or more misleads.
TextCell band_cell(const Json& row, const char* key, double nominal) {
  constexpr double kTolerated = 0.1;
  const double share = number_of(row, key).value_or(nominal);
  return {percent(row, key), share < nominal - kTolerated ? Tint::warning : Tint::none};
}

}  // namespace

std::string show_accuracy(const Json& reply, const View& view) {
  TextTable table({{"HOST"},
                   {"WORKLOAD"},
                   {"QUANTITY"},
                   {"AHEAD", kRight},
                   {"POINTS", kRight},
                   {"MEAN ERROR", kRight},
                   {"OF NAIVE", kRight},
                   {"IN 80 %", kRight},
                   {"IN 95 %", kRight},
                   {"ABOVE 95 %", kRight},
                   {"MODEL"}});
  for (const auto& row : reply.at("accuracy")) {
    table.add_row({raw_words_of(row, "host"), workload_of(row), raw_words_of(row, "quantity"),
                   raw_words_of(row, "horizon"), std::to_string(count_of(row, "points")),
                   describe_amount(number_of(row, "mean_error"), raw_words_of(row, "unit")),
                   against_naive(row), band_cell(row, "inside80", .8),
                   band_cell(row, "inside95", .95), percent(row, "above95"),
                   raw_words_of(row, "model")});
  }
  if (table.empty())
    return fmt::format("no forecast of the last {} days has come due yet\n",
                       count_of(reply, "days"));
  return table.render(view.style);
}

}  // namespace foreshock::coordinator
