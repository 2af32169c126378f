#include "coordinator/forecast/outlook.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMostPoints = 2000;
constexpr std::int64_t kStepsBack = 4032;  // two weeks of five minutes

nanoseconds step_for(nanoseconds horizon) {
  if (horizon <= std::chrono::hours(4)) return std::chrono::minutes(1);
  if (horizon <= std::chrono::hours(24)) return std::chrono::minutes(5);
  return std::chrono::hours(1);
}

}  // namespace

Result<Outlook> plan_outlook(nanoseconds horizon, std::optional<nanoseconds> given) {
  const nanoseconds step = given.value_or(step_for(horizon));
  if (step < std::chrono::seconds(1) || step > std::chrono::days(1))
    return Error(ErrorCode::invalid_argument,
                 fmt::format("step {}: expected 1s to 1d", format_duration(step)));
  if (horizon < step || horizon > kFurthestOutlook || horizon / step > kMostPoints)
    return Error(ErrorCode::invalid_argument,
                 fmt::format("horizon {}: expected 1 to {} steps of {}, and {} at the most",
                             format_duration(horizon), kMostPoints, format_duration(step),
                             format_duration(kFurthestOutlook)));
  const nanoseconds back =
      std::clamp<nanoseconds>(step * kStepsBack, std::chrono::days(1), std::chrono::days(28));
  return Outlook{step, back, static_cast<std::size_t>(horizon / step)};
}

}  // namespace foreshock::coordinator
