#pragma once

#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// What a load usually is: a profile of the day times a slowly moving level. Medians throughout, so
/// bursts of load leave no trace in it.
class LoadBaseline {
 public:
  /// @param values  per step, NaN where unknown; a step divides a day.
  /// With less than two days there is no profile, the level alone follows.
  LoadBaseline(const std::vector<double>& values, double step_s);

  /// Positive wherever anything is known at all; steps after the end continue the last level.
  double at(std::size_t step) const;
  /// The profile of the day alone, mean 1.
  double profile_at(std::size_t step) const { return profile_[step % profile_.size()]; }

 private:
  void fit_profile(const std::vector<double>& values);
  void fit_level(const std::vector<double>& values);

  std::size_t steps_per_day_;
  std::vector<double> profile_;
  std::vector<double> level_;  ///< one a quarter of an hour or so
  std::size_t level_steps_;
};

}  // namespace foreshock::coordinator
