#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// A signature that reliably precedes load on a series.
struct LeadCommand {
  std::string signature;
  std::vector<std::string> base_names;  ///< of the executables that it was, in order
  HostId source_host = 0;               ///< where it runs
  SeriesKey target;
  double lag_s = 0;         ///< from the exec to the onset of the load (median)
  double lag_spread_s = 0;  ///< half width of the interval that holds 80 % of the onsets
  double duration_s = 0;    ///< of the load (median)
  double effect = 0;        ///< mean height above the base line, in the series' unit
  Quantiles effect_quantiles{};
  std::size_t support = 0;  ///< executions with a whole window after them
  double precision = 0;     ///< share of these that load followed
  double lift = 0;          ///< precision over the share expected by chance
  double p_value = 1;       ///< circular-shift permutation
  double q_value = 1;       ///< after false-discovery control over all pairs tested
  /// Mean of the series above its base line, per `response_step_s`, from `response_from_s` (before
  /// the exec: negative) on.
  std::vector<double> response;
  double response_from_s = 0;
  double response_step_s = 1;

  /// The load may come before the next report does.
  bool is_urgent() const { return lag_s - lag_spread_s < 60; }
};

}  // namespace foreshock::coordinator
