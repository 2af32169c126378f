#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

inline constexpr std::array<double, 7> kQuantileLevels = {.025, .05, .1, .5, .9, .95, .975};
using Quantiles = std::array<double, kQuantileLevels.size()>;

/// Value of a level between or beyond the seven by linear interpolation (clamped to the outermost).
double quantile_at(const Quantiles& quantiles, double level);
/// How wrong the quantiles were, mean over the seven levels. Source: Koenker & Bassett, "Regression
/// quantiles" (1978).
double pinball_loss(const Quantiles& quantiles, double actual);

/// A command that was seen and moved a forecast.
struct LeadContribution {
  std::string signature;
  WallTime seen;
  WallTime expected_onset;
  WallTime expected_end;
  double effect = 0;  ///< mean height added, in the series' unit
};

/// Values ahead: points[i] covers [start + i*step, start + (i+1)*step).
struct Forecast {
  SeriesKey key;
  WallTime made_at;
  WallTime start;
  std::chrono::nanoseconds step{};
  std::vector<double> mean;
  std::vector<Quantiles> quantiles;  ///< ordered; not negative where the history is not
  std::string model;                 ///< which forecaster, or "a+leads" when commands moved it
  std::vector<LeadContribution> leads;
  std::vector<Quantiles>
      quantiles_without_leads;  ///< before commands moved it; empty when none did
};

/// No forecast yet, why, and when there will be one.
struct NotYet {
  std::string reason;
  WallTime ready_at;
};

using ForecastOrReason = std::variant<Forecast, NotYet>;

/// How a member did in the rolling back-test, in units of the series.
struct ModelScore {
  std::string model;
  double pinball = 0;     ///< mean over points and the seven levels; lower is better
  double coverage80 = 0;  ///< share of actual values inside [.1, .9]
  std::size_t points = 0;
  double weight = 0;  ///< share in what serves, over all distances and levels
  bool serves = false;
};

}  // namespace foreshock::coordinator
