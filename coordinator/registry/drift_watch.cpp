#include "coordinator/registry/drift_watch.h"

#include <algorithm>

namespace foreshock::coordinator {

namespace {

constexpr double kRecentPoints = 30;
constexpr double kUsualPoints = 600;

}  // namespace

void DriftWatch::add(const ScoredPoint& point) {
  Means& means = ranges_[point.key].at(point.range);
  ++means.points;
  const auto points = static_cast<double>(means.points);
  means.recent += (point.pinball - means.recent) / std::min(points, kRecentPoints);
  means.usual += (point.pinball - means.usual) / std::min(points, kUsualPoints);
}

double DriftWatch::drift_of(const SeriesKey& key) const {
  const auto found = ranges_.find(key);
  if (found == ranges_.end()) return 1;
  double worst = 1;
  for (const Means& means : found->second) {
    if (means.points >= kLeastPoints && means.usual > 0)
      worst = std::max(worst, means.recent / means.usual);
  }
  return worst;
}

}  // namespace foreshock::coordinator
