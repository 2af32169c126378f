#pragma once

#include <array>
#include <cstddef>
#include <map>

#include "coordinator/model/accuracy.h"

namespace foreshock::coordinator {

/// Tells when a series' forecasts come out worse than they used to: the pinball loss of the last
/// thirty or so points of a range ahead against that of the last six hundred. One thread.
class DriftWatch {
 public:
  /// Enough points to call something usual, and how much worse is drift.
  static constexpr std::size_t kLeastPoints = 60;
  static constexpr double kWorse = 2;

  void add(const ScoredPoint& point);
  /// By how much the worst range is worse than usual; 1 and below: it is not.
  double drift_of(const SeriesKey& key) const;
  bool has_drifted(const SeriesKey& key) const { return drift_of(key) >= kWorse; }
  /// What comes now is usual: a new version was trained.
  void forget(const SeriesKey& key) { ranges_.erase(key); }

 private:
  struct Means {
    double recent = 0;
    double usual = 0;
    std::size_t points = 0;
  };
  std::map<SeriesKey, std::array<Means, kHorizonRanges.size()>> ranges_;
};

}  // namespace foreshock::coordinator
