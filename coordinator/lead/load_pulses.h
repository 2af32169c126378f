#pragma once

#include <optional>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// One stretch of load on a series. Times are seconds after the series' start.
struct LoadPulse {
  double onset_s = 0;           ///< finer than a step: from how full the first steps are
  std::optional<double> end_s;  ///< absent: not over when the known values ended
  double height = 0;            ///< mean above the level before the onset, in the series' unit
};

/// The pulses of a series, by ascending onset. A pulse begins where values rise within a few steps
/// by more than the noise (median absolute deviation of the steps' differences) and more than what
/// is worth a name for the quantity; it ends where less than a third of its own height is left.
/// Each is measured from the level right before it, so a slow base line, a flat top (throttled) and
/// taller or shorter neighbours do not matter. Pulses may nest. Pure, O(n log n). Source: Hampel,
/// "The influence curve and its role in robust estimation" (1974), for the noise.
std::vector<LoadPulse> find_pulses(const Series& series);

/// What the series would be without its pulses: per window of `window` steps a low quantile, joined
/// by straight lines. Same size as the values; zero where nothing is known.
std::vector<double> base_line(const Series& series, std::size_t window);

}  // namespace foreshock::coordinator
