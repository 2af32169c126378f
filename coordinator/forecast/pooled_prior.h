#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What a series is expected to do before it has a past of its own: what similar ones do at that
/// time of the day (within an hour; where they know less than that, at any time). Each counts the
/// same. The more values of its own there are, the more the others are seen as multiples of their
/// own level instead of as they are: fully so with kOwnValues. Widened as few series tell little.
///
/// @param own      its values so far, none included; its end is where the forecast starts.
/// @param similar  of the same quantity; those without a known value are left out.
/// @return absent where none is left. `caution` and `ready_at` are the caller's to fill in.
/// O(values of all of them + points); any thread.
std::optional<Forecast> pooled_prior(const Series& own, const std::vector<const Series*>& similar,
                                     std::size_t points);

}  // namespace foreshock::coordinator
