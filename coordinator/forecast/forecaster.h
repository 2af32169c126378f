#pragma once

#include <cstddef>
#include <string>

#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Predicts the next values of one series. Implementations are pure and deterministic; any thread.
class Forecaster {
 public:
  virtual ~Forecaster() = default;
  virtual std::string name() const = 0;
  /// @param history  values in the series' unit; gaps are NaN.
  /// @param points   how many steps ahead, the first one right after the history's end.
  /// @return mean and the seven quantiles, ordered, not negative where the history is not; or why
  /// not yet, and when.
  virtual ForecastOrReason forecast(const Series& history, std::size_t points) const = 0;
};

}  // namespace foreshock::coordinator
