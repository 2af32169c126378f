#pragma once

#include <cstddef>
#include <vector>

#include <Eigen/Core>

#include "coordinator/forecast/window.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// A forecast point: which step, how far ahead, what was said, how lively the series was then.
struct ForecastPoint {
  std::size_t t = 0;
  std::size_t ahead = 0;
  double said = 0;
  double liveliness = 1;
};

/// How wrong forecasts were in their own past, asked for one point: the past errors weighted by how
/// much their point was like it: as far ahead, at the same time of day, saying about the same, and
/// lately. That makes a band that is wide where the series is wild and narrow where it is not.
/// Errors are kept relative to the square root of liveliness.
/// Source: Guan, "Localized conformal prediction" (2023); Barber et al., "Conformal prediction
/// beyond exchangeability" (2023) for the weights by age.
class LocalErrors {
 public:
  explicit LocalErrors(const Window& window) : window_(window) {}

  /// @param weight  how much it counts whatever is asked
  void add(const ForecastPoint& point, double came, double weight);
  /// After the last add(): at most `most` are kept, evenly.
  void prepare(std::size_t most);

  /// The error's quantiles at the seven levels, moved so that the median is 0 (the members' weights
  /// already stand for the median, and a bias of the past seldom lasts). Errors of steps nearer
  /// than `apart` to the point are left out; 0: none. Beyond the farthest distance seen the band
  /// grows with the square root of the distance. All 0 where nothing is known.
  Quantiles quantiles(const ForecastPoint& point, std::size_t apart) const;

 private:
  struct Past {
    double error;
    double weight;
    ForecastPoint point;
  };
  /// The part of a day that has gone by at a step, in [0, 1); 0 without a day.
  float time_of_day(std::size_t t) const;
  Eigen::ArrayXf likeness(const ForecastPoint& point, std::size_t apart) const;

  const Window& window_;
  std::vector<Past> errors_;  ///< the least first, once prepared
  // Of each of them; side by side, because that is many times as fast.
  Eigen::ArrayXf weights_;
  Eigen::ArrayXf log_aheads_;
  Eigen::ArrayXf said_;
  Eigen::ArrayXf steps_;
  Eigen::ArrayXf times_of_day_;
  double said_scale_ = 1;
  std::size_t farthest_ = 0;
};

}  // namespace foreshock::coordinator
