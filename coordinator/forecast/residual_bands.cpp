#include "coordinator/forecast/residual_bands.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostOrigins = 60;
/// Errors at distances within this factor are pooled.
constexpr double kPooledFactor = 1.25;
constexpr std::size_t kEnoughErrors = 250;

/// errors[h]: one per origin whose future is long enough.
using ErrorsByDistance = std::vector<std::vector<double>>;

ErrorsByDistance collect(const std::vector<double>& values, std::size_t first_origin,
                         std::size_t points, const PathFrom& path_from) {
  const std::size_t span = values.size() > first_origin ? values.size() - first_origin : 0;
  // Half of the span is left for looking ahead at least from the earliest origin.
  ErrorsByDistance errors(std::min(points, std::max<std::size_t>(1, span / 2)));
  const std::size_t origins = std::min(kMostOrigins, span);
  for (std::size_t k = 0; k < origins; ++k) {
    const std::size_t origin = first_origin + k * span / origins;
    const std::size_t ahead = std::min(errors.size(), values.size() - origin);
    const std::vector<double> path = path_from(origin, ahead);
    for (std::size_t h = 0; h < ahead; ++h) errors[h].push_back(values[origin + h] - path[h]);
  }
  return errors;
}

std::vector<double> pool(const ErrorsByDistance& errors, std::size_t h) {
  const auto distance = static_cast<double>(h + 1);
  const auto from = static_cast<std::size_t>(std::ceil(distance / kPooledFactor)) - 1;
  const std::size_t to =
      std::min(errors.size(), static_cast<std::size_t>(distance * kPooledFactor));
  std::size_t count = 0;
  for (std::size_t i = from; i < to; ++i) count += errors[i].size();
  const std::size_t stride = 1 + count / kEnoughErrors;
  std::vector<double> pooled;
  std::size_t seen = 0;
  for (std::size_t i = from; i < to; ++i) {
    for (const double error : errors[i]) {
      if (seen++ % stride == 0) pooled.push_back(error);
    }
  }
  std::sort(pooled.begin(), pooled.end());
  return pooled;
}

/// The level moved outwards as far as n errors demand: of n + 1 equally likely ranks the new one is
/// any.
double corrected_quantile(const std::vector<double>& sorted, double level) {
  const auto n = static_cast<double>(sorted.size());
  const double rank = std::clamp(level * (n + 1) - 1, 0.0, n - 1);
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

Quantiles quantiles_of(const std::vector<double>& sorted, double factor) {
  Quantiles quantiles{};
  if (sorted.empty()) return quantiles;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    quantiles[q] = factor * corrected_quantile(sorted, kQuantileLevels[q]);
  }
  return quantiles;
}

/// Distances at which the quantiles are worked out: dense near, sparse far.
std::vector<std::size_t> anchors_up_to(std::size_t last) {
  std::vector<std::size_t> anchors;
  for (std::size_t h = 0; h < last; h += std::max<std::size_t>(1, h / 3)) anchors.push_back(h);
  anchors.push_back(last);
  return anchors;
}

}  // namespace

std::vector<Quantiles> residual_bands(const std::vector<double>& values, std::size_t first_origin,
                                      std::size_t points, const PathFrom& path_from) {
  if (points == 0) return {};
  const ErrorsByDistance errors = collect(values, first_origin, points, path_from);
  const std::size_t last = errors.size() - 1;
  const std::vector<std::size_t> anchors = anchors_up_to(last);
  std::vector<Quantiles> bands(points);
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    bands[anchors[a]] = quantiles_of(pool(errors, anchors[a]), 1);
    if (a == 0) continue;
    const std::size_t before = anchors[a - 1];
    for (std::size_t h = before + 1; h < anchors[a]; ++h) {
      const double share =
          static_cast<double>(h - before) / static_cast<double>(anchors[a] - before);
      for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
        bands[h][q] = bands[before][q] + share * (bands[anchors[a]][q] - bands[before][q]);
      }
    }
  }
  for (std::size_t h = last + 1; h < points; ++h) {
    const double factor = std::sqrt(static_cast<double>(h + 1) / static_cast<double>(last + 1));
    for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) bands[h][q] = factor * bands[last][q];
  }
  return bands;
}

}  // namespace foreshock::coordinator
