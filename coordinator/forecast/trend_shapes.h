#pragma once

#include <memory>
#include <vector>

#include "coordinator/forecast/shape.h"

namespace foreshock::coordinator {

/// Shapes with a trend, the classics of forecasting. For a window with a day:
///
/// "damped trend": level, trend that fades within a day, and day, each smoothed exponentially; of
/// three speeds the one whose forecasts of the next step were best of late (Holt and Winters,
/// damped as by Gardner and McKenzie, 1985). "theta": the smoothed level with half the slope of the
/// straight line through all, and the day (Assimakopoulos and Nikolopoulos, 2000, as simple
/// smoothing with drift by Hyndman and Billah, 2003). "harmonics": sines and cosines of day and
/// week, weekends, and a line that forgets, by regression (as Prophet's and dynamic harmonic
/// regression, without their priors). `window` is borrowed.
std::vector<std::unique_ptr<Shape>> make_trend_shapes(const Window& window);

}  // namespace foreshock::coordinator
