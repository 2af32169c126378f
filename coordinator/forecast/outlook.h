#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "common/base/result.h"

namespace foreshock::coordinator {

/// How a series is looked at to see some way ahead.
struct Outlook {
  std::chrono::nanoseconds step{};
  std::chrono::nanoseconds history{};  ///< that is looked at
  std::size_t points = 0;              ///< ahead
};

/// What calendars say is known no further.
inline constexpr std::chrono::nanoseconds kFurthestOutlook = std::chrono::days(14);

/// By minutes for hours, by five minutes for a day, by hours beyond, unless a step is given; back
/// over some 4,000 steps, one to 28 days.
/// @return `invalid_argument`: no whole step, further than the furthest, or more than 2,000 points.
Result<Outlook> plan_outlook(std::chrono::nanoseconds horizon,
                             std::optional<std::chrono::nanoseconds> step);

}  // namespace foreshock::coordinator
