#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/anomaly/detector.h"

namespace foreshock::coordinator {

/// What the detectors of one series make of its newest value.
struct Verdict {
  double score = 0;            ///< in [0, 1]; from .5 on a detector's limit is reached
  double level = 0;            ///< the most suspicious detector's, 1 = its limit
  std::size_t agreeing = 0;    ///< detectors at half their limit or more
  bool is_repetition = false;  ///< part of what was told lately
  std::string detector;        ///< the most suspicious one
  std::string reason;          ///< its reason, then those of the others that agree
};

/// Watches one series: asks each detector and tells one event once. A value is part of what was
/// told where one of the last 80 was at least as suspicious. Bounded: about 150 KiB; some
/// microseconds a value. One thread.
class SeriesWatch {
 public:
  SeriesWatch();
  explicit SeriesWatch(std::vector<std::unique_ptr<Detector>> detectors);

  /// Times ascend; a value that is not finite is a gap: nothing is said and nothing learned.
  Verdict observe(WallTime time, double value);
  /// Enough values were seen for levels to count in full; before that only what is far out is told.
  bool is_settled() const { return count_ >= kSettling; }

 private:
  // At the start everything is new.
  static constexpr std::size_t kSettling = 128;

  bool is_repetition(double level);

  std::vector<std::unique_ptr<Detector>> detectors_;
  std::size_t count_ = 0;
  std::deque<std::pair<std::size_t, double>> highest_;  ///< falling levels, oldest first
};

}  // namespace foreshock::coordinator
