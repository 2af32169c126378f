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
  std::chrono::seconds max_lag{120};
  std::chrono::seconds min_lag{1};
  std::size_t min_support = 5;
  std::size_t permutations = 2000;
  double false_discovery_rate = 0.05;
  double min_precision = 0.5;
  std::uint64_t seed = 1;  ///< of the permutations: the same input gives the same answer
};

/// Finds the commands that precede load. Pure, deterministic.
///
/// For each (signature, series): mean response of the base-line-free series per lag; tested against circular
/// shifts of the executions' times, Benjamini–Hochberg over all pairs; of commands that explain the same
/// load only the one that explains it best and earliest stays (an onset that another lead explains is not
/// counted twice). A command that merely runs while load is high, or as often, is not a lead.
std::vector<LeadCommand> find_leads(const std::vector<Series>& series, const std::vector<SignatureRuns>& runs,
                                    const LeadFinderOptions& options);

/// A sighting of a lead command.
struct LeadSighting {
  LeadCommand lead;
  WallTime seen;
};

/// The forecast as it stands once these commands were seen: each adds its response where it is due, its
/// spread widening the band. What is already under way is not added twice: only the part after `forecast.start`
/// counts. Pure.
Forecast with_leads(Forecast forecast, const std::vector<LeadSighting>& sightings);

}  // namespace foreshock::coordinator
