#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/forecast/forecaster.h"

namespace foreshock::coordinator {

/// Lets the member with the lowest rolling back-test error serve; one that does not beat the seasonal naive
/// one is not used. Also usable alone as a Forecaster.
class Ensemble final : public Forecaster {
 public:
  struct Outcome {
    ForecastOrReason forecast;
    std::vector<ModelScore> scores;  ///< best first
  };

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
