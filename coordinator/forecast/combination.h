#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/forecast/forecaster.h"
#include "coordinator/model/model_version.h"

namespace foreshock::coordinator {

/// The forecaster of the product: many simple members, combined by what each was worth on this
/// series, with intervals from the combination's own past errors. One configuration for all series.
///
/// 1. Each shape of make_shapes() with its regression on what is off it (forecast_shape), and
///    the plain seasonal naive, forecast from forty origins of the past; where there are thousands
///    of values a forest, too (ForestMember).
/// 2. For each range of distances shares of the members (aggregate) by absolute error, recent ones
///    counting more. A member that the seasonal naive beats in a range has no share there.
///    Steps below a quarter hour: smoothed by as much as was good (path_smoothing.h).
/// 3. The band around that: LocalErrors.
/// 4. That band is one of several distributions; the others are the recent values themselves
///    (RecentValues), the online forecaster's and the forest's. For each level and range shares by
///    pinball loss, the band's own errors being left out where it is judged.
/// 5. Widened for what so short a past cannot know (widening.h).
///
/// `Forecast::mean` is the median, which is what the members' shares aim at. Where the history is
/// too short for a back-test SeasonalNaive answers.
///
/// Never negative where the history is not. Deterministic, any thread.
class Combination final : public Forecaster {
 public:
  struct Trained {
    ForecastOrReason forecast;
    std::vector<ModelScore> scores = {};      ///< largest share first
    std::optional<MemberShares> shares = {};  ///< absent: too short for a back-test
  };

  std::string name() const override { return "combination"; }
  /// With shares learned for this once.
  ForecastOrReason forecast(const Series& history, std::size_t points) const override;
  /// The same forecast, what to keep of the shares, and how good everything was.
  Trained train(const Series& history, std::size_t points) const;
  /// With shares learned earlier, at a fraction of the cost. Absent: they are of no use here,
  /// because the ranges are not those of this history and horizon, or members with half of the
  /// shares are not there any more.
  std::optional<ForecastOrReason> forecast_with(const MemberShares& shares, const Series& history,
                                                std::size_t points) const;
};

}  // namespace foreshock::coordinator
