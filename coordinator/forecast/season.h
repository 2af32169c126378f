#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace foreshock::coordinator {

/// The season of evenly spaced values in steps, of those that people and machines live by (a minute
/// to a week) and that the history holds twice at least; none where the values don't repeat. Their
/// autocorrelation after removal of a straight line must be high at the season and clearly lower at
/// half of it, which tells a season from a slow drift; the shortest of those about as good is
/// taken. Pure, O(n) per candidate.
std::optional<std::size_t> find_season(const std::vector<double>& values,
                                       std::chrono::nanoseconds step);

/// "1h", "1d": for model names.
std::string format_season(std::size_t steps, std::chrono::nanoseconds step);

}  // namespace foreshock::coordinator
