#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "coordinator/lead/load_baseline.h"

namespace foreshock::coordinator {

/// Forecasts loads that no lead command moves: direct regression, one line of coefficients a
/// horizon, shared by all hosts.
///
/// Everything is a logarithm relative to the profile of the day and to the level of the last day:
/// how high the last minutes, hours and days were, the same time yesterday, and what followed a
/// week ago. Least absolute deviations, so bursts do not pull. Source: iteratively reweighted least
/// squares, Schlossmacher (1973).
class UsualLoad {
 public:
  /// @param loads  one a host, same grid; NaN where unknown or moved by something known.
  UsualLoad(const std::vector<std::vector<double>>& loads, double step_s);

  /// Medians of the steps after the end of `load`, of a host of the fitted ones.
  std::vector<double> forecast(std::size_t host, const std::vector<double>& load,
                               std::size_t horizon) const;
  /// Factor on the median at a level in (0, 1), so many steps ahead (0: the first).
  double spread(std::size_t host, std::size_t ahead, double level) const;

 private:
  static constexpr std::size_t kFeatures = 8;
  static constexpr std::size_t kSpreadLevels = 41;
  using Features = std::array<double, kFeatures>;
  /// One horizon's.
  struct Fit {
    std::size_t ahead = 0;
    Features coefficients{};
    std::array<double, kSpreadLevels> residuals{};  ///< quantiles, of hosts of spread 1
  };

  struct Origin;
  Origin origin(std::size_t host, const std::vector<double>& load, std::size_t end) const;
  Features features(const Origin& origin, std::size_t ahead) const;
  void fit(Fit& fit, const std::vector<std::vector<Origin>>& origins,
           const std::vector<std::vector<double>>& loads);
  /// Index of the fit below and the share of the next one.
  std::pair<std::size_t, double> place(std::size_t ahead) const;

  double step_s_;
  std::size_t day_;
  std::vector<LoadBaseline> baselines_;
  std::vector<double> host_spread_;
  std::vector<Fit> fits_;
};

}  // namespace foreshock::coordinator
