#include "coordinator/lead/quantiles.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace foreshock::coordinator {

double quantile_of_sorted(const std::vector<double>& sorted, double level) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace foreshock::coordinator
