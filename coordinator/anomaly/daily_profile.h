#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// What a series usually is at each time of the day (UTC), in slots of five minutes: a mean that
/// forgets, a fifth each day. Extremes count only up to three usual deviations, so that one bad day
/// is not tomorrow's rule. O(1), 7 KiB.
class DailyProfile {
 public:
  static constexpr std::size_t kSlots = 288;

  /// Of that time of the day or the first after it within ten minutes; absent where it was not seen.
  std::optional<double> expected(WallTime time) const;
  void learn(WallTime time, double value, double deviation);

 private:
  struct Slot {
    double mean = 0;
    double weight = 0;  ///< of days, forgotten ones count less
  };

  void close_slot();

  std::array<Slot, kSlots> slots_{};
  // The slot that values go into now; what is learned in it shows from the next day on.
  std::int64_t open_ = -1;
  double open_sum_ = 0;
  double open_count_ = 0;
  double deviation_ = 1;
};

}  // namespace foreshock::coordinator
