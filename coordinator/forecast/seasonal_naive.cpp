#include <algorithm>
#include <cmath>

#include "coordinator/forecast/point_model.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kRecentValues = 5;

/// Median of the newest known values: one odd value does not move it.
double recent_level(const std::vector<double>& values) {
  std::vector<double> recent;
  for (auto value = values.rbegin(); value != values.rend() && recent.size() < kRecentValues;
       ++value) {
    if (!std::isnan(*value)) recent.push_back(*value);
  }
  if (recent.empty()) return 0;
  const auto middle = recent.begin() + static_cast<std::ptrdiff_t>(recent.size() / 2);
  std::nth_element(recent.begin(), middle, recent.end());
  return *middle;
}

}  // namespace

std::vector<double> SeasonalNaive::predict(const std::vector<double>& values, std::size_t season,
                                           std::size_t points) const {
  const double level = recent_level(values);
  std::vector<double> ahead(points, level);
  if (season == 0 || values.size() < season) return ahead;
  for (std::size_t i = 0; i < points; ++i) {
    // The newest known value of the same place in the season.
    for (std::size_t back = values.size() - season + i % season;; back -= season) {
      if (!std::isnan(values[back])) {
        ahead[i] = values[back];
        break;
      }
      if (back < season) break;
    }
  }
  return ahead;
}

}  // namespace foreshock::coordinator
