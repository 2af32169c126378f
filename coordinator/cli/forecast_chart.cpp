#include "coordinator/cli/forecast_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

/// What one column shows of the points that share it: means of what was, the widest of what may be.
ChartPoint merge(const std::vector<ChartPoint>& points, std::size_t first, std::size_t end) {
  ChartPoint merged;
  double actual_sum = 0;
  std::size_t actual_count = 0;
  for (std::size_t i = first; i < end; ++i) {
    if (points[i].actual) {
      actual_sum += *points[i].actual;
      ++actual_count;
    }
    if (!points[i].band) continue;
    const auto& band = *points[i].band;
    if (!merged.band) {
      merged.band = band;
    } else {
      merged.band->lowest = std::min(merged.band->lowest, band.lowest);
      merged.band->low = std::min(merged.band->low, band.low);
      merged.band->mean = std::max(merged.band->mean, band.mean);
      merged.band->high = std::max(merged.band->high, band.high);
      merged.band->highest = std::max(merged.band->highest, band.highest);
    }
  }
  if (actual_count > 0) merged.actual = actual_sum / static_cast<double>(actual_count);
  return merged;
}

std::vector<ChartPoint> fit_to_width(const std::vector<ChartPoint>& points, std::size_t width) {
  if (points.size() <= width) return points;
  std::vector<ChartPoint> columns;
  for (std::size_t i = 0; i < width; ++i) {
    columns.push_back(merge(points, i * points.size() / width, (i + 1) * points.size() / width));
  }
  return columns;
}

double highest_of(const std::vector<ChartPoint>& columns) {
  double highest = 0;
  for (const auto& column : columns) {
    if (column.actual) highest = std::max(highest, *column.actual);
    if (column.band) highest = std::max(highest, column.band->highest);
  }
  return highest;
}

std::string_view glyph_of(const ChartPoint& column, double bottom, double top) {
  const auto is_in = [&](double value) { return value >= bottom && value < top; };
  const auto overlaps = [&](double low, double high) { return high >= bottom && low < top; };
  if (column.actual && is_in(*column.actual)) return "●";
  if (!column.band) return " ";
  if (is_in(column.band->mean)) return "━";
  if (overlaps(column.band->low, column.band->high)) return "▒";
  if (overlaps(column.band->lowest, column.band->highest)) return "░";
  return " ";
}

}  // namespace

std::string draw_chart(const std::vector<ChartPoint>& points, std::size_t width, std::size_t height,
                       const std::function<std::string(double)>& format_value) {
  const bool any = std::ranges::any_of(
      points, [](const ChartPoint& point) { return point.actual || point.band; });
  if (!any || width == 0 || height == 0) return "";
  const auto columns = fit_to_width(points, width);
  const auto begins = std::ranges::find_if(
      columns, [](const ChartPoint& column) { return column.band.has_value(); });
  // A little above the highest value, so that it falls into the uppermost row.
  const double highest = highest_of(columns);
  const double row_height = (highest > 0 ? highest * 1.02 : 1) / static_cast<double>(height);

  std::size_t scale_width = 0;
  for (const double value : {0.0, highest})
    scale_width = std::max(scale_width, display_width(format_value(value)));
  std::string chart;
  for (std::size_t row = height; row-- > 0;) {
    const double bottom =
        row == 0 ? -std::numeric_limits<double>::infinity() : row_height * static_cast<double>(row);
    const double top = row_height * static_cast<double>(row + 1);
    const std::string scale = row + 1 == height ? format_value(highest)
                              : row == 0        ? format_value(0)
                                                : "";
    std::string line =
        std::string(scale_width - std::min(scale_width, display_width(scale)), ' ') + scale + " │";
    for (auto column = columns.begin(); column != columns.end(); ++column) {
      if (column == begins && column != columns.begin()) line += "┊";
      line += glyph_of(*column, bottom, top);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    chart += line + "\n";
  }
  return chart;
}

}  // namespace foreshock::coordinator
