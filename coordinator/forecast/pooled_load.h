#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What several series are together, step by step. One that is not known for a while counts as
/// going straight from what it was to what it becomes; before its first value and after its last
/// one it is nothing. A step that nobody knows stays unknown.
///
/// The sum ends with the last step of all that still go on, which are those with a value in the
/// last `late` steps: one that reports a little later must not look like a fall.
///
/// @param members  all of one start, step and length; at least one.
/// O(values of all of them).
Series pooled_load(const std::vector<Series>& members, std::size_t late);

/// What several series are expected to be together: means and quantiles added up, as if all were
/// high at once, so wider than they are where some are high while others are low, and never too
/// narrow. `key`, `caution` and `ready_at` are the caller's to fill in.
///
/// @return absent where there is none, or where they are not all of one start, step and length.
std::optional<Forecast> pooled_forecast(const std::vector<const Forecast*>& members);

}  // namespace foreshock::coordinator
