#pragma once

#include "coordinator/forecast/forecaster.h"

namespace foreshock::coordinator {

/// The value of the last season at the same place: what every other model has to beat. Where the
/// history shows no season (or less than two of them) it is the mean of the last few values
/// instead, as many as served best in the past, and the forecast's model says so. Bands from its
/// own past errors (residual_bands).
class SeasonalNaive final : public Forecaster {
 public:
  std::string name() const override { return "seasonal-naive"; }
  ForecastOrReason forecast(const Series& history, std::size_t points) const override;
};

}  // namespace foreshock::coordinator
