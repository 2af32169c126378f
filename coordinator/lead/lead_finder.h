#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/lead.h"
#include "coordinator/model/series.h"
#include "coordinator/model/signature_runs.h"

namespace foreshock::coordinator {

struct LeadFinderOptions {
  std::chrono::seconds max_lag{
      120};  ///< looked for up to this, but at most up to a sixth of the observed time
  std::chrono::seconds min_lag{1};  ///< and at least one and a half steps of the series
  std::size_t min_support = 5;      ///< executions, and onsets of the series
  std::size_t permutations = 2000;
  double false_discovery_rate = 0.03;
  double min_precision = 0.5;
  double min_lift = 2;
  std::uint64_t seed = 1;  ///< of the permutations: the same input gives the same answer
};

/// Finds the commands that precede load. Pure, deterministic; any order of the input gives the same
/// leads.
///
/// For each (signature, series): the onsets of load (find_pulses), the lag at which they follow
/// executions best (CoincidenceScan), tested against chance (chance_of_score), with false-discovery
/// control over all pairs that have the support, tested or ruled out before. Executions within a
/// second or a step of each other count once.
///
/// Not leads: a command whose executions load precedes better than it follows them (it runs because
/// of load, or it is the load itself); one that runs at one period while load happens to come at it
/// too; of commands that explain the same onsets all but one: the best, or the earliest of those
/// about as good. What is left for the others is tested again without the executions and onsets
/// that are explained.
///
/// @param series  values in the series' unit, NaN where unknown; steps, starts and lengths may
/// differ.
/// @return by p-value. Cost: about (executions × onsets within the lags) per permutation for the
/// few pairs that are precise enough, once for the others.
std::vector<LeadCommand> find_leads(const std::vector<Series>& series,
                                    const std::vector<SignatureRuns>& runs,
                                    const LeadFinderOptions& options);

/// A sighting of a lead command.
struct LeadSighting {
  LeadCommand lead;
  WallTime seen;
};

/// The forecast as it stands once these commands were seen. For each step the chance that the
/// lead's load is on then (its precision, its lag's spread, its duration) decides which quantiles
/// move: with a chance of 0.7 those above 0.3 do, with one of 0.4 the median does not; the mean
/// moves by chance × effect. Onsets before `forecast.start` add nothing: what they brought is in
/// the values that the forecast was made from. Sightings of other series are ignored, those of one
/// lead within a second of each other count once. Pure.
Forecast with_leads(Forecast forecast, const std::vector<LeadSighting>& sightings);

}  // namespace foreshock::coordinator
