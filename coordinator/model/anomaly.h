#pragma once

#include <cstddef>
#include <cstdint>
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

/// A user whose commands became much more surprising than usual. Advice, like an anomaly.
struct UnusualSession {
  HostId host = 0;
  std::uint32_t uid = 0;  ///< who logged in, where somebody did
  WallTime time;
  double score = 0;      ///< 1: at the limit of the detector; grows with how far it is beyond
  std::string detector;  ///< "surprise" or "masquerade"
  std::string command;   ///< signature of the one that was least to be expected
  std::string reason;    ///< for people
  bool operator==(const UnusualSession&) const = default;
};

}  // namespace foreshock::coordinator
