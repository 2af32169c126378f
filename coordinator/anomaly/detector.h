#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// How unusual the newest value of a series is to one detector.
struct Suspicion {
  double level = 0;    ///< 1: as unusual as this detector's limit; 0: nothing unusual, or not known
  std::string reason;  ///< for people; empty below half the limit
};

/// Watches one series from its first value on. Deterministic, bounded in memory, looks at nothing
/// but what it was shown. One thread.
class Detector {
 public:
  virtual ~Detector() = default;
  virtual std::string_view name() const = 0;
  /// The next value, finite, in any unit; times ascend.
  virtual Suspicion observe(WallTime time, double value) = 0;
};

}  // namespace foreshock::coordinator
