#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/forecast/forecaster.h"
#include "coordinator/forecast/point_model.h"

namespace foreshock::coordinator {

/// Lets the member with the lowest rolling back-test error serve; one that does not beat the first
/// (the seasonal naive one) is not used. The band around its middle values is made of its own
/// back-test errors at the same distance.
class Ensemble final : public Forecaster {
 public:
  struct Outcome {
    ForecastOrReason forecast;
    std::vector<ModelScore> scores;  ///< best first
  };

  /// Fewer known values than this and the answer is NotYet.
  static constexpr std::size_t kLeastValues = 30;

  /// `members[0]` is the one to beat.
  explicit Ensemble(std::vector<std::unique_ptr<PointModel>> members);

  std::string name() const override { return "best-of"; }
  ForecastOrReason forecast(const Series& history, std::size_t points) const override;
  Outcome forecast_with_scores(const Series& history, std::size_t points) const;

 private:
  std::vector<std::unique_ptr<PointModel>> members_;
};

/// The members of the product: one visible line each.
std::unique_ptr<Ensemble> make_default_ensemble();

}  // namespace foreshock::coordinator
