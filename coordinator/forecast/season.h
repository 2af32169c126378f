#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// The length in steps of the season that repeats best in the values, among those people and
/// machines live by (a minute … a week) and of which the values hold at least two; 0 when none
/// explains anything. "Best" is the largest share of the variance around the mean that the value
/// one season before explains. Gaps are NaN. Pure; O(candidates × n).
std::size_t choose_season(const std::vector<double>& values, std::chrono::nanoseconds step);

}  // namespace foreshock::coordinator
