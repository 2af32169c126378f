// forecast: what one series is expected to do, drawn and in numbers.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/forecast_chart.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;
constexpr std::size_t kChartHeight = 10;
constexpr std::size_t kChartWidth = 90;
constexpr std::size_t kScaleWidth = 16;
constexpr std::size_t kTableRows = 12;

std::string so_many(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string describe_series(const Json& reply) {
  if (const auto pool = reply.find("pool"); pool != reply.end()) {
    const auto workloads = count_of(*pool, "workloads");
    return fmt::format("{} of {} ({}{})", words_of(reply, "quantity"), words_of(*pool, "name"),
                       workloads > 0 ? so_many(workloads, "workload") + " on " : "",
                       so_many(count_of(*pool, "hosts"), "host"));
  }
  return fmt::format("{} of {} on {}", words_of(reply, "quantity"),
                     make_printable(workload_of(reply)), words_of(reply, "host"));
}

std::optional<ChartPoint::Band> band_of(const Json& point) {
  const auto lowest = number_of(point, "q025"), low = number_of(point, "q10"),
             mean = number_of(point, "mean"), high = number_of(point, "q90"),
             highest = number_of(point, "q975");
  if (!lowest || !low || !mean || !high || !highest) return std::nullopt;
  return ChartPoint::Band{*lowest, *low, *mean, *high, *highest};
}

std::string draw(const Json& reply, const View& view) {
  std::vector<ChartPoint> points;
  for (const auto& point : reply.at("recent"))
    points.push_back({.actual = number_of(point, "value"), .band = {}});
  if (reply.contains("points")) {
    for (const auto& point : reply.at("points"))
      points.push_back({.actual = {}, .band = band_of(point)});
  }
  const std::size_t terminal = view.style.width.value_or(kChartWidth + kScaleWidth);
  const std::size_t width =
      std::clamp<std::size_t>(terminal > kScaleWidth ? terminal - kScaleWidth : 0, 20, kChartWidth);
  const auto unit = raw_words_of(reply, "unit");
  return draw_chart(points, width, kChartHeight,
                    [&](double value) { return describe_amount(value, unit); });
}

std::string render_points(const Json& reply, const View& view) {
  const Json& points = reply.at("points");
  const auto unit = raw_words_of(reply, "unit");
  TextTable table({{"WHEN", kRight},
                   {"MEAN", kRight},
                   {"10 %", kRight},
                   {"90 %", kRight},
                   {"2.5 %", kRight},
                   {"97.5 %", kRight}});
  const std::size_t rows = std::min(points.size(), kTableRows);
  for (std::size_t row = 0; row < rows; ++row) {
    const Json& point = points.at(row * points.size() / rows);
    const auto amount = [&](const char* key) {
      return describe_amount(number_of(point, key), unit);
    };
    table.add_row({ago_of(point, "time", view), amount("mean"), amount("q10"), amount("q90"),
                   amount("q025"), amount("q975")});
  }
  return table.render(view.style);
}

std::string render_leads(const Json& leads, const std::string& unit, const View& view) {
  std::string text;
  for (const auto& lead : leads) {
    text += fmt::format("moved by \"{}\", seen {}: {} expected from {} to {}\n",
                        words_of(lead, "signature"), ago_of(lead, "seen", view),
                        "+" + describe_amount(number_of(lead, "effect"), unit),
                        ago_of(lead, "expected_onset", view), ago_of(lead, "expected_end", view));
  }
  return text;
}

std::string render_scores(const Json& scores, const View& view) {
  TextTable table({{"MODEL"},
                   {"PINBALL LOSS", kRight},
                   {"IN THE 80 % BAND", kRight},
                   {"POINTS", kRight},
                   {"SHARE", kRight}});
  for (const auto& score : scores) {
    table.add_row({raw_words_of(score, "model"),
                   fmt::format("{:.4g}", number_of(score, "pinball").value_or(0)),
                   fmt::format("{:.0f} %", number_of(score, "coverage80").value_or(0) * 100),
                   std::to_string(count_of(score, "points")),
                   fmt::format("{:.0f} %", number_of(score, "weight").value_or(0) * 100)});
  }
  return table.empty() ? "" : "\n" + table.render(view.style);
}

/// Why the band is wider than it will be.
std::string render_caution(const Json& reply, const View& view) {
  const auto caution = reply.find("caution");
  if (caution == reply.end() || caution->is_null()) return "";
  std::string text = "wider: " + words_of(reply, "caution");
  if (!reply.at("ready_at").is_null()) text += ", complete " + ago_of(reply, "ready_at", view);
  return tinted(text, Tint::warning, view.style) + "\n";
}

std::string render_not_yet(const Json& reply, const View& view) {
  const Json& not_yet = reply.at("not_yet");
  std::string text = fmt::format("no forecast yet: {}", words_of(not_yet, "reason"));
  if (!not_yet.at("ready_at").is_null()) text += ", ready " + ago_of(not_yet, "ready_at", view);
  return tinted(text, Tint::warning, view.style) + "\n";
}

}  // namespace

std::string show_forecast(const Json& reply, const View& view) {
  std::string text = tinted(describe_series(reply), Tint::strong, view.style) + "\n";
  if (reply.contains("not_yet")) return text + render_not_yet(reply, view) + draw(reply, view);
  const auto version = number_of(reply, "version");
  text += fmt::format("model {}{}, made {}\n", words_of(reply, "model"),
                      version ? fmt::format(" version {:.0f}", *version) : "",
                      ago_of(reply, "made_at", view));
  text += render_caution(reply, view);
  text += render_leads(reply.at("leads"), raw_words_of(reply, "unit"), view);
  text += "\n" + draw(reply, view) + "\n";
  return text + render_points(reply, view) + render_scores(reply.at("scores"), view);
}

}  // namespace foreshock::coordinator
