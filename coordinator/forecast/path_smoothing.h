#pragma once

#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// Over how many steps to either side a path of single steps may be smoothed: none first, then what
/// is 5, 15, 30 and 60 minutes of a day of `day` steps, as far as that is a step or more. Steps of
/// a quarter hour and longer are not smoothed.
std::vector<std::size_t> smoothing_reaches(std::size_t day);

/// Each value as the mean of those up to `reach` steps beside it. O(path).
std::vector<double> smooth(const std::vector<double>& path, std::size_t reach);

}  // namespace foreshock::coordinator
