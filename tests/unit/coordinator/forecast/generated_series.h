#pragma once

#include <chrono>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

inline Series series_of(std::vector<double> values,
                        std::chrono::nanoseconds step = std::chrono::seconds(1)) {
  return {.key = {.workload = {.host = 1, .cgroup = "/w"}, .quantity = Quantity::cpu_usage},
          .start = wall_time_from_ms(1'790'000'000'000),
          .step = step,
          .values = std::move(values)};
}

inline std::vector<double> noise(std::size_t n, double mean, double deviation, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<double> values(n);
  for (double& value : values) value = normal(engine);
  return values;
}

inline std::vector<double> seasonal(std::size_t n, std::size_t season, double deviation,
                                    std::uint64_t seed) {
  std::vector<double> values = noise(n, 5, deviation, seed);
  for (std::size_t i = 0; i < n; ++i) {
    values[i] +=
        3 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(season));
  }
  return values;
}

inline std::vector<double> trend(std::size_t n, double slope, double deviation,
                                 std::uint64_t seed) {
  std::vector<double> values = noise(n, 5, deviation, seed);
  for (std::size_t i = 0; i < n; ++i) values[i] += slope * static_cast<double>(i);
  return values;
}

}  // namespace foreshock::coordinator
