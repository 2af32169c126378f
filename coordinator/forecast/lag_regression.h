#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/forecast/shape.h"
#include "coordinator/forecast/window.h"

namespace foreshock::coordinator {

/// From where and how far to forecast.
struct Horizons {
  std::vector<std::size_t> origins;  ///< ascending: values before each are known; the last: all are
  std::size_t points = 0;            ///< 1 ahead .. points ahead
};

/// One member's paths: paths[k][h] is what it says of step origins[k] + h, from the values before
/// origins[k] alone.
struct MemberPaths {
  std::string name;
  std::vector<std::vector<double>> paths;
};

/// A shape, plus how far the series is going to be off it: a direct ridge regression of the rest h
/// steps ahead on the rest's exponential means at six speeds (one step to two days), on the rest a
/// day, two days and a week before, and a constant; so the latest values count for much at once and
/// fade with distance as fast as they did in this series. Fitted for a dozen distances, between
/// them interpolated. Learned as it goes, with forgetting (14 days) and Huber weights, so that a
/// single burst does not bend it; nothing after an origin is used for it. Cost: O(size × distances
/// × 50). Source: direct multi-step forecasting, Marcellino, Stock & Watson (2006); Huber, "Robust
/// estimation of a location parameter" (1964).
MemberPaths forecast_shape(const Window& window, Shape& shape, const Horizons& horizons);

}  // namespace foreshock::coordinator
