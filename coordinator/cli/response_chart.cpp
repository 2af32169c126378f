#include "coordinator/cli/response_chart.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

constexpr std::array<std::string_view, 9> kEighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::size_t kTickColumns = 15;

struct Columns {
  std::vector<double> values;
  double step_s = 1;
  std::size_t command = 0;  ///< the column that the command is in
};

Columns fit_to_width(const ResponseCurve& curve, std::size_t width) {
  const std::size_t per_column = (curve.values.size() + width - 1) / width;
  Columns columns;
  columns.step_s = curve.step_s * static_cast<double>(per_column);
  for (std::size_t begin = 0; begin < curve.values.size(); begin += per_column) {
    const std::size_t end = std::min(begin + per_column, curve.values.size());
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += curve.values[i];
    columns.values.push_back(sum / static_cast<double>(end - begin));
  }
  columns.command = static_cast<std::size_t>(std::max(0.0, -curve.from_s / columns.step_s));
  return columns;
}

std::string_view bar_in_row(double value, double bottom, double row_height) {
  const double filled = std::clamp((value - bottom) / row_height, 0.0, 1.0);
  return kEighths[static_cast<std::size_t>(std::lround(filled * 8))];
}

std::string time_label(double s) {
  const auto length = std::chrono::nanoseconds(static_cast<std::int64_t>(std::abs(s) * 1e9));
  if (length < std::chrono::milliseconds(1)) return "0";
  return (s < 0 ? "-" : "+") + format_duration(length);
}

/// Labels at every so many columns from the command on.
std::string time_axis(const Columns& columns, std::size_t indent) {
  std::string line(indent, ' ');
  std::size_t at = 0;
  for (std::size_t column = columns.command; column < columns.values.size();
       column += kTickColumns) {
    const std::string label =
        time_label(static_cast<double>(column - columns.command) * columns.step_s);
    if (column > at) line.append(column - at, ' ');
    line += label;
    at = column + display_width(label);
  }
  return line + "\n";
}

}  // namespace

std::string draw_response(const ResponseCurve& curve, std::size_t width, std::size_t height,
                          const std::function<std::string(double)>& format_value) {
  if (curve.values.empty() || width == 0 || height == 0 || !(curve.step_s > 0)) return "";
  const Columns columns = fit_to_width(curve, width);
  const double highest = *std::max_element(columns.values.begin(), columns.values.end());
  if (!(highest > 0)) return "";
  const double row_height = highest / static_cast<double>(height);
  std::vector<std::string> labels;
  std::size_t label_width = 0;
  for (std::size_t row = 0; row < height; ++row) {
    labels.push_back(row % 3 == 0 ? format_value(row_height * static_cast<double>(height - row))
                                  : "");
    label_width = std::max(label_width, display_width(labels.back()));
  }
  std::string text;
  for (std::size_t row = 0; row < height; ++row) {
    text.append(label_width - display_width(labels[row]), ' ') += labels[row] + " │";
    const double bottom = row_height * static_cast<double>(height - row - 1);
    for (std::size_t column = 0; column < columns.values.size(); ++column) {
      const auto bar = bar_in_row(columns.values[column], bottom, row_height);
      text += column == columns.command && bar == " " ? std::string_view("┊") : bar;
    }
    while (text.ends_with(' ')) text.pop_back();
    text += "\n";
  }
  return text + time_axis(columns, label_width + 2);
}

}  // namespace foreshock::coordinator
