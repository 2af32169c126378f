// leads, leads show: which commands foretell load, and how it goes after one of them.
#include <algorithm>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"
#include "coordinator/cli/response_chart.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;
constexpr std::size_t kChartHeight = 9;
constexpr std::size_t kChartWidth = 90;
constexpr std::size_t kScaleWidth = 16;

std::string describe_target(const Json& lead) {
  return fmt::format("{} of {} on {}", raw_words_of(lead, "quantity"), workload_of(lead),
                     raw_words_of(lead, "host"));
}

std::string describe_effect(const Json& lead) {
  return "+" + describe_amount(number_of(lead, "effect"), raw_words_of(lead, "unit"));
}

std::string percent_of(const Json& lead, const char* key) {
  return fmt::format("{:.0f} %", number_of(lead, key).value_or(0) * 100);
}

std::string draw(const Json& lead, const View& view) {
  if (!lead.contains("response")) return "";
  const Json& response = lead.at("response");
  ResponseCurve curve{.from_s = number_of(response, "from_s").value_or(0),
                      .step_s = number_of(response, "step_s").value_or(1),
                      .values = {}};
  for (const auto& value : response.at("values"))
    curve.values.push_back(value.is_number() ? value.get<double>() : 0);
  const std::size_t terminal = view.style.width.value_or(kChartWidth + kScaleWidth);
  const std::size_t width =
      std::clamp<std::size_t>(terminal > kScaleWidth ? terminal - kScaleWidth : 0, 20, kChartWidth);
  const auto unit = raw_words_of(lead, "unit");
  return draw_response(curve, width, kChartHeight,
                       [&](double value) { return describe_amount(value, unit); });
}

}  // namespace

std::string show_leads(const Json& reply, const View& view) {
  TextTable table({{"COMMAND"},
                   {"LEADS"},
                   {"LAG", kRight},
                   {"FOR", kRight},
                   {"EFFECT", kRight},
                   {"SEEN", kRight},
                   {"FOLLOWED", kRight},
                   {"LIFT", kRight},
                   {"P", kRight}});
  for (const auto& lead : reply.at("leads")) {
    table.add_row(
        {raw_words_of(lead, "signature"), describe_target(lead),
         fmt::format("{} ± {}", seconds_of(lead, "lag_s"), seconds_of(lead, "lag_spread_s")),
         seconds_of(lead, "duration_s"), describe_effect(lead),
         fmt::format("{} times", count_of(lead, "support")), percent_of(lead, "precision"),
         fmt::format("{:.1f}", number_of(lead, "lift").value_or(0)),
         fmt::format("{:.2g}", number_of(lead, "p_value").value_or(1))});
  }
  return table.empty() ? "no lead command has been found yet\n" : table.render(view.style);
}

std::string show_responses(const Json& reply, const View& view) {
  std::string text;
  for (const auto& lead : reply.at("leads")) {
    if (!text.empty()) text += "\n";
    text += tinted(words_of(lead, "signature"), Tint::strong, view.style) + "\n";
    text +=
        fmt::format("leads {}: {} after {} ± {}, for {}\n", make_printable(describe_target(lead)),
                    describe_effect(lead), seconds_of(lead, "lag_s"),
                    seconds_of(lead, "lag_spread_s"), seconds_of(lead, "duration_s"));
    text +=
        fmt::format("seen {} times, followed {}, {:.1f} × chance, p {:.2g}\n\n",
                    count_of(lead, "support"), percent_of(lead, "precision"),
                    number_of(lead, "lift").value_or(0), number_of(lead, "p_value").value_or(1));
    text += draw(lead, view);
  }
  return text.empty() ? "no lead command like this has been found yet\n" : text;
}

}  // namespace foreshock::coordinator
