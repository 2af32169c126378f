#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator::test {

/// Values by a rule plus normal noise; deterministic.
inline std::vector<double> make_values(std::size_t n, double noise,
                                       const std::function<double(std::size_t)>& rule,
                                       unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(rule(i) + noise * normal(random));
  return values;
}

inline Series make_series(std::vector<double> values,
                          std::chrono::nanoseconds step = std::chrono::seconds(1)) {
  Series series;
  series.key = {{1, "/work"}, Quantity::cpu_usage};
  series.start = WallTime(std::chrono::hours(24 * 20000));
  series.step = step;
  series.values = std::move(values);
  return series;
}

inline double wave(std::size_t i, std::size_t period) {
  return std::sin(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(period));
}

}  // namespace foreshock::coordinator::test
