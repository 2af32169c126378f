#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/forecast/forecaster.h"

namespace foreshock::coordinator {

/// Lets the member with the lowest rolling back-test error serve. The first member is the
/// yardstick: one that does not beat it is not used, and it serves where there is too little
/// history for a back-test. Also usable alone as a Forecaster.
///
/// Back-test: from up to eight points in the latest third of the history each member forecasts from
/// what was known then; pinball loss over all points and the seven levels. Cost: eight forecasts a
/// member. Source: Tashman, "Out-of-sample tests of forecasting accuracy" (2000), rolling origin;
/// pinball loss: Koenker & Bassett, "Regression quantiles" (1978).
class Ensemble final : public Forecaster {
 public:
  struct Outcome {
    ForecastOrReason forecast;
    std::vector<ModelScore> scores;  ///< best first
  };

  /// At least one member.
  explicit Ensemble(std::vector<std::unique_ptr<Forecaster>> members);

  std::string name() const override { return "best-of"; }
  ForecastOrReason forecast(const Series& history, std::size_t points) const override;
  Outcome forecast_with_scores(const Series& history, std::size_t points) const;

 private:
  std::vector<std::unique_ptr<Forecaster>> members_;
};

/// The members of the product: one visible line each.
std::unique_ptr<Ensemble> make_default_ensemble();

}  // namespace foreshock::coordinator
