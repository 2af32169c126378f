#pragma once

#include "coordinator/forecast/forecaster.h"

namespace foreshock::coordinator {

/// Exponential smoothing of level, damped trend and, where the history shows one twice, an additive
/// season: ETS(A,Ad,N) or ETS(A,Ad,A). The smoothing parameters come from a grid, by squared
/// one-step errors over the latest stretch. Bands from its own past errors (residual_bands). O(n)
/// per point of the grid and 60 origins × points. Source: Holt (1957), Winters (1960), Gardner &
/// McKenzie (1985) for the damping; form: Hyndman et al., "Forecasting with Exponential Smoothing"
/// (2008).
class HoltWinters final : public Forecaster {
 public:
  std::string name() const override { return "holt-winters"; }
  ForecastOrReason forecast(const Series& history, std::size_t points) const override;
};

}  // namespace foreshock::coordinator
