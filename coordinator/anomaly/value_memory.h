#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/anomaly/robust_scale.h"

namespace foreshock::coordinator {

/// The values a stream has shown, to tell how far a new one is from all of them. Values closer than
/// what matters are one; at most 2048 (32 KiB), the longest unseen go first, and nothing is
/// remembered for more than 90 days. O(log n) to ask; a new value moves the ones above it.
///
/// Distances are those of RobustScale::compress(): .1 is a tenth of the usual deviation near the
/// median, and a tenth of the value far from it.
class ValueMemory {
 public:
  static constexpr std::size_t kMost = 2048;
  static constexpr std::chrono::hours kMemory = std::chrono::hours(24 * 90);

  struct Novelty {
    double distance = 0;    ///< to the nearest known value
    bool is_above = false;  ///< above all known values
    bool is_below = false;  ///< below all known values
    double nearest = 0;     ///< the nearest known value
  };
  /// Zero distance where nothing is known.
  Novelty novelty(double value, const RobustScale& scale) const;
  void remember(WallTime time, double value, const RobustScale& scale);

 private:
  struct Known {
    double value;
    WallTime seen;
  };

  std::vector<Known>::const_iterator nearest_to(double value, const RobustScale& scale) const;
  void forget(WallTime now);

  std::vector<Known> known_;  ///< ascending
};

}  // namespace foreshock::coordinator
