#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "coordinator/forecast/aggregation.h"
#include "coordinator/forecast/forest_member.h"
#include "coordinator/forecast/lag_regression.h"
#include "coordinator/forecast/window.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// Ends of ranges of distances; the last is how far ahead is asked.
using Ranges = std::vector<std::size_t>;
/// Of the distance `h`, 0 the first.
std::size_t range_of(const Ranges& ranges, std::size_t h);

/// What each member says from forty origins of the past and from the end of the window, and what
/// came: what a combination learns from. The order of the members: the seasonal naive, the shapes,
/// the online forecaster, the forest where it is worth it.
class PastForecasts {
 public:
  /// @param window  borrowed
  PastForecasts(const Window& window, std::chrono::nanoseconds step, std::size_t points);

  const Window& window() const { return window_; }
  const std::vector<MemberPaths>& members() const { return members_; }
  bool has_forest() const { return forest_.has_value(); }

  /// Origins by their place k; the last one is the end of the window.
  const std::vector<std::size_t>& origins() const { return horizons_.origins; }
  std::size_t points() const { return horizons_.points; }
  /// Distances that have shares of their own, of members and of distributions.
  const Ranges& point_ranges() const { return point_ranges_; }
  const Ranges& level_ranges() const { return level_ranges_; }

  /// Mean change from step to step over the day before an origin.
  double liveliness(std::size_t k) const { return liveliness_[k]; }
  const Quantiles& online(std::size_t k, std::size_t h) const { return online_[k][h]; }
  /// Where there is one.
  Quantiles forest(std::size_t k, std::size_t h) const {
    return forest_->quantiles(horizons_.origins[k], h);
  }

  /// How many distances of a range are looked at from each origin, of points and of levels.
  static constexpr std::size_t kPointCases = 16;
  static constexpr std::size_t kLevelCases = 12;
  /// Calls visit(k, h, came, weight) for origins of the past and up to `cases` distances of the
  /// range, spread differently at each; recent ones weigh more.
  template <typename Visit>
  void for_cases(std::size_t from, std::size_t to, std::size_t cases, Visit visit) const;
  /// What all members said in these cases.
  Cases point_cases(std::size_t from, std::size_t to, std::size_t cases) const;

 private:
  static constexpr double kAgeUnits = 20;  ///< half-life of what a past error counts

  void forecast_forest();
  double liveliness_before(std::size_t origin) const;

  const Window& window_;
  Horizons horizons_;
  Ranges point_ranges_;
  Ranges level_ranges_;
  std::vector<MemberPaths> members_;
  std::vector<std::vector<Quantiles>> online_;  ///< by origin and distance
  std::optional<ForestMember> forest_;
  std::vector<double> liveliness_;  ///< by origin
  std::vector<double> ages_;        ///< by origin, in units
};

template <typename Visit>
void PastForecasts::for_cases(std::size_t from, std::size_t to, std::size_t cases,
                              Visit visit) const {
  const std::size_t stride = std::max<std::size_t>(1, (to - from) / cases);
  for (std::size_t k = 0; k + 1 < horizons_.origins.size(); ++k) {
    for (std::size_t h = from + k * 7 % stride; h < to; h += stride) {
      const std::size_t t = horizons_.origins[k] + h;
      if (t >= window_.size()) break;
      if (window_.known[t] == 0) continue;
      const double age = ages_[k] - static_cast<double>(h) / static_cast<double>(window_.unit);
      visit(k, h, window_.values[t], std::exp2(-age / kAgeUnits));
    }
  }
}

}  // namespace foreshock::coordinator
