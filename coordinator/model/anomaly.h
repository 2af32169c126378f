#pragma once

#include <cstddef>
#include <string>

#include "common/base/clock.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// A value of a series that is unlike what the series did before. Advice: nothing acts on it alone.
struct Anomaly {
  SeriesKey key;
  WallTime time;             ///< where the value's step starts
  double value = 0;          ///< in the series' unit
  double score = 0;          ///< in [.5, 1)
  std::size_t agreeing = 0;  ///< detectors that find it unusual
  std::string detector;      ///< the most suspicious one
  std::string reason;        ///< for people

  /// One detector alone is not worth a person's time.
  bool is_confirmed() const { return agreeing >= 2; }
};

}  // namespace foreshock::coordinator
