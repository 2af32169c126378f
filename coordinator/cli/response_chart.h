#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace foreshock::coordinator {

/// How a load goes after a command, on average.
struct ResponseCurve {
  double from_s = 0;  ///< of the first value, relative to the command; negative: before it
  double step_s = 1;
  std::vector<double> values;  ///< load above what is usual
};

/// Rows of bars, a scale on the left, the time since the command below it; `┊` is the command.
/// Several values share a column when `width` is too small. Load below the usual is not drawn.
/// Empty when there is nothing to draw. Pure.
std::string draw_response(const ResponseCurve& curve, std::size_t width, std::size_t height,
                          const std::function<std::string(double)>& format_value);

}  // namespace foreshock::coordinator
