#pragma once

#include <cstddef>

#include "coordinator/model/forecast.h"
#include "coordinator/model/regressor.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What load a regressor brings, and whether knowing it ahead would have helped.
struct RegressorEffect {
  double per_unit = 0;     ///< of the series' unit, for one unit of the regressor
  std::size_t events = 0;  ///< stretches in which the regressor was not zero, and the series known
  double usefulness = 0;   ///< share of the error inside such stretches that it takes away

  /// A tenth at least, over three events at least: below that it is switched off.
  bool helps() const { return events >= 3 && usefulness >= .1; }
};

/// Measured as it would have served: what is usual at the hour of the day and the effect are
/// learned from what came before each value, then the value's error is taken with and without the
/// effect.
/// @param history  in steps of an hour or less. O(n).
RegressorEffect measure_effect(const Series& history, const Regressor& regressor);

/// Moves the forecast by what the regressor changes between the forecast's making and each point:
/// what goes on already is in the values that the forecast was made from.
void apply_effect(Forecast& forecast, const Regressor& regressor, const RegressorEffect& effect);

}  // namespace foreshock::coordinator
