#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/model/regressor.h"
#include "coordinator/model/series.h"

// What a load is without events.
namespace foreshock::coordinator {

inline constexpr std::size_t kHoursOfDay = 24;
inline constexpr std::size_t kHoursOfWeek = 7 * kHoursOfDay;

/// From Monday 0:00 UTC on.
std::size_t hour_of_week(WallTime time);

struct HourlyLoad {
  WallTime middle;
  double value = 0;
};

/// The mean of each hour of which something is known. Steps of an hour or less.
std::vector<HourlyLoad> by_hour(const Series& history);

/// A mean that forgets.
struct FadingMean {
  double sum = 0;
  double weight = 0;
  void add(double value, double kept) {
    sum = sum * kept + value;
    weight = weight * kept + 1;
  }
};

/// What is usual by the hour of the week, that hour of other days standing in at first.
class UsualLoad {
 public:
  void add(std::size_t hour, double value);
  bool is_known(std::size_t hour) const { return day_[hour % kHoursOfDay].weight > 0; }
  /// From other weeks, not only from other days.
  bool is_known_by_week(std::size_t hour) const { return week_[hour].weight > 0; }
  double at(std::size_t hour) const;
  /// What an hour of the week would change by, were its day like that one (Monday is 0), at a share
  /// of 0 to 1; beyond that it is cut.
  double change_to(std::size_t day, std::size_t hour, double share) const;

 private:
  std::array<FadingMean, kHoursOfDay> day_{};
  std::array<FadingMean, kHoursOfWeek> week_{};
};

/// A history without its level and what is usual, both told by the hours outside of events: what
/// a regressor may explain. Level and usual week are found in turns, each from what the other
/// leaves (backfitting; Hastie and Tibshirani, "Generalized Additive Models", 1990).
class UnexplainedLoad {
 public:
  UnexplainedLoad(const std::vector<HourlyLoad>& history, const Regressor& regressor);

  std::size_t size() const { return left_.size(); }
  double at(std::size_t i) const { return left_[i]; }
  double strength(std::size_t i) const { return strengths_[i]; }
  bool is_inside(std::size_t i) const { return strengths_[i] != 0; }
  bool is_known(std::size_t i) const { return usual_.is_known(places_[i]); }
  /// Whether what the hour is without the event can be told from what another day's is.
  bool is_known_by_week(std::size_t i) const { return usual_.is_known_by_week(places_[i]); }
  const UsualLoad& usual() const { return usual_; }
  /// What the hour would change by, were its day like that one (Monday is 0).
  double change_to(std::size_t day, std::size_t i) const {
    return usual_.change_to(day, places_[i], strengths_[i]);
  }

 private:
  std::vector<double> level_of(const std::vector<double>& values, double kept) const;

  UsualLoad usual_;
  std::vector<double> strengths_;
  std::vector<std::size_t> places_;  ///< in the week
  std::vector<double> left_;
};

}  // namespace foreshock::coordinator
