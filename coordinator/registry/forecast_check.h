#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "coordinator/model/accuracy.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Holds on to a few points of each forecast and compares them with what came. Of the points of a
/// horizon range one is kept, and the next one a sixteenth of the range later at the earliest: the
/// scores of neighbouring points say the same. So a series costs at most 17 points a range, however
/// often it is forecast. One thread.
class ForecastCheck {
 public:
  static constexpr std::size_t kPointsPerRange = 16;

  explicit ForecastCheck(std::size_t max_series) : max_series_(max_series) {}

  /// @param last_value  of the series when the forecast was made: the naive forecast. Forecasts of
  /// more than max_series series are not followed.
  void remember(const Forecast& forecast, double last_value);

  /// Scores the points whose values are there by now. Points whose value is not known or whose time
  /// is before the series' start are dropped: unknown is no error.
  std::vector<ScoredPoint> score(const Series& series);

  /// Series of which points are waited for.
  std::size_t followed() const { return pending_.size(); }

 private:
  struct Pending {
    WallTime time;
    std::string model;
    double mean;
    double last_value;
    Quantiles quantiles;
  };
  using Ranges = std::array<std::deque<Pending>, kHorizonRanges.size()>;

  const std::size_t max_series_;
  std::map<SeriesKey, Ranges> pending_;
};

}  // namespace foreshock::coordinator
