#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
  std::int64_t version = 0;          ///< of the series' model; 0: none is kept of it
  std::string caution;               ///< why the band is wider than it will be; empty: it is not
  WallTime ready_at;                 ///< when that ends; the epoch: not known
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
  /// Within a range of distances.
  struct Range {
    std::size_t up_to = 0;  ///< steps ahead
    double pinball = 0;
    double error = 0;
    double coverage80 = 0;
    double coverage95 = 0;
    std::size_t points = 0;
  };

  std::string model;
  double pinball = 0;     ///< mean over points and the seven levels; lower is better
  double coverage80 = 0;  ///< share of actual values inside [.1, .9]
  std::size_t points = 0;
  double weight = 0;  ///< share in what serves, over all distances and levels
  bool serves = false;
  double error = 0;       ///< mean distance of the median
  double coverage95 = 0;  ///< share of actual values inside [.025, .975]
  /// `error` in units of the naive member's on the same points (MASE in its relative form: Hyndman
  /// & Koehler, "Another look at measures of forecast accuracy", 2006); 0: not known.
  double scaled_error = 0;
  bool beats_naive = false;        ///< its pinball loss is below the naive member's
  std::vector<Range> ranges = {};  ///< nearest first
};

}  // namespace foreshock::coordinator
