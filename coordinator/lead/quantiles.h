#pragma once

#include <vector>

namespace foreshock::coordinator {

/// Linear interpolation between order statistics of ascending values; NaN of none. Source: Hyndman
/// & Fan, "Sample quantiles" (1996), type 7.
double quantile_of_sorted(const std::vector<double>& sorted, double level);

/// Of the values that are not NaN; NaN of none. Reorders its own copy. O(n).
double median_of(std::vector<double> values);

}  // namespace foreshock::coordinator
