#include "coordinator/forecast/season.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, 8> kCandidates = {minutes(1),  minutes(5),   minutes(10),
                                                minutes(15), minutes(30),  hours(1),
                                                hours(24),   hours(7 * 24)};
constexpr std::size_t kLeastSteps = 4;
constexpr double kLeastCorrelation = 0.3;
constexpr double kClearlyMore = 0.2;
constexpr double kAboutAsGood = 0.05;

std::vector<double> without_line(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  double covariance = 0;
  double variance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - (n - 1) / 2;
    covariance += x * (values[i] - mean);
    variance += x * x;
  }
  const double slope = variance > 0 ? covariance / variance : 0;
  std::vector<double> rest(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    rest[i] = values[i] - mean - slope * (static_cast<double>(i) - (n - 1) / 2);
  }
  return rest;
}

/// Over the pairs that exist, so that a long lag is not weakened for its few pairs.
double correlation_at(const std::vector<double>& values, std::size_t lag) {
  double product = 0;
  double early = 0;
  double late = 0;
  for (std::size_t i = lag; i < values.size(); ++i) {
    product += values[i] * values[i - lag];
    early += values[i - lag] * values[i - lag];
    late += values[i] * values[i];
  }
  const double scale = std::sqrt(early * late);
  return scale > 0 ? product / scale : 0;
}

}  // namespace

std::optional<std::size_t> find_season(const std::vector<double>& values,
                                       std::chrono::nanoseconds step) {
  if (step.count() <= 0 || values.size() < 2 * kLeastSteps) return std::nullopt;
  const std::vector<double> rest = without_line(values);
  std::optional<std::size_t> best;
  double best_correlation = 0;
  for (const seconds candidate : kCandidates) {
    const std::chrono::nanoseconds length = candidate;
    const auto steps = static_cast<std::size_t>(length / step);
    if (length % step != std::chrono::nanoseconds::zero() || steps < kLeastSteps ||
        2 * steps > values.size())
      continue;
    const double correlation = correlation_at(rest, steps);
    if (correlation < kLeastCorrelation) continue;
    if (correlation < correlation_at(rest, steps / 2) + kClearlyMore) continue;
    if (best && correlation < best_correlation + kAboutAsGood) continue;
    best = steps;
    best_correlation = correlation;
  }
  return best;
}

std::string format_season(std::size_t steps, std::chrono::nanoseconds step) {
  const auto total =
      std::chrono::duration_cast<seconds>(step * static_cast<std::int64_t>(steps)).count();
  if (total % 86400 == 0) return fmt::format("{}d", total / 86400);
  if (total % 3600 == 0) return fmt::format("{}h", total / 3600);
  if (total % 60 == 0) return fmt::format("{}min", total / 60);
  return fmt::format("{}s", total);
}

}  // namespace foreshock::coordinator
