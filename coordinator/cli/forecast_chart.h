#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace foreshock::coordinator {

/// One moment of a chart: what was, or what is expected.
struct ChartPoint {
  std::optional<double> actual;
  struct Band {
    double lowest, low, mean, high, highest;  ///< ascending: 2.5 %, 10 %, mean, 90 %, 97.5 %
  };
  std::optional<Band> band;
};

/// Rows of characters, the highest first, a scale on the left: `●` actual, `━` mean, `▒` inside 10
/// % to 90 %, `░` inside 2.5 % to 97.5 %, `┊` where the forecast begins. Several points share a
/// column when `width` is too small. Empty when there is nothing to draw. Pure.
std::string draw_chart(const std::vector<ChartPoint>& points, std::size_t width, std::size_t height,
                       const std::function<std::string(double)>& format_value);

}  // namespace foreshock::coordinator
