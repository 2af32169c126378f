#include "coordinator/forecast/path_smoothing.h"

#include <algorithm>
#include <array>

namespace foreshock::coordinator {

namespace {

constexpr std::array<std::size_t, 4> kPartsOfDay = {288, 96, 48, 24};
constexpr std::size_t kQuarterHours = 96;  ///< of a day

}  // namespace

std::vector<std::size_t> smoothing_reaches(std::size_t day) {
  std::vector<std::size_t> reaches = {0};
  if (day <= kQuarterHours) return reaches;
  for (const std::size_t part : kPartsOfDay) {
    if (day / part > reaches.back()) reaches.push_back(day / part);
  }
  return reaches;
}

std::vector<double> smooth(const std::vector<double>& path, std::size_t reach) {
  std::vector<double> sums(1, 0.0);
  sums.reserve(path.size() + 1);
  for (const double value : path) sums.push_back(sums.back() + value);
  std::vector<double> smoothed(path.size());
  for (std::size_t h = 0; h < path.size(); ++h) {
    const std::size_t from = h - std::min(h, reach);
    const std::size_t to = std::min(path.size(), h + reach + 1);
    smoothed[h] = (sums[to] - sums[from]) / static_cast<double>(to - from);
  }
  return smoothed;
}

}  // namespace foreshock::coordinator
