#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coordinator/lead/coincidence.h"

namespace foreshock::coordinator {

struct LagRange {
  double least_s = 0;
  double most_s = 0;
};

/// How likely executions that have nothing to do with the onsets score as high somewhere in the
/// range of lags. Two kinds of such executions are drawn, and the larger of the two p-values is the
/// answer:
///
/// - *another turn of the same command*: a circular shift by a random time; the gaps between the
/// executions are
///   drawn anew from a Gamma distribution with their mean and spread, except when they are
///   multiples of one period (a cron job), which are kept: whatever regular load such a job happens
///   to meet, it meets after a shift as well;
/// - *the same executions, each a little earlier or later*: by up to the longest lag, each for
/// itself. What only
///   happens in the same hours as load, without a fixed lag, scores as high then.
///
/// The maximum over lags and tolerances is taken inside each draw, so the search is paid for. Stops
/// early when chance is clearly enough of an explanation; where no draw reaches the score the
/// p-value comes from the Gumbel distribution that the draws' maxima follow. Deterministic by seed.
///
/// Sources: circular shifts and jitter: Amarasingham et al., "Conditional modeling and the jitter
/// method of spike resampling" (2012); early stop: Besag & Clifford, "Sequential Monte Carlo
/// p-values" (1991); tail: Knijnenburg et al., "Fewer permutations, more accurate P-values" (2009),
/// with a Gumbel instead of a Pareto tail, which is longer.
double chance_of_score(CoincidenceScan& scan, const std::vector<double>& executions, LagRange range,
                       double score, std::size_t permutations, std::uint64_t seed);

/// True when all gaps are near multiples of one period. @param executions ascending.
bool is_periodic(const std::vector<double>& executions);

/// q-values of p-values, same order. Source: Benjamini & Hochberg, "Controlling the false discovery
/// rate" (1995).
std::vector<double> false_discovery_q(const std::vector<double>& p_values);

/// The same for tests that come in families (all series of one signature). One load shows on its
/// cgroup, on each cgroup around it and on the host: discoveries are counted by family, or six
/// sightings of one true lead would make room for false ones. A family stands for itself with its
/// Simes p-value; within those that are found at `rate` the members are tested at a level lowered
/// by the share of families found.
/// @param family_of  of each p-value: 0, 1, 2, …
/// Source: Benjamini & Bogomolov, "Selective inference on multiple families of hypotheses" (2014).
std::vector<double> false_discovery_q(const std::vector<double>& p_values,
                                      const std::vector<std::size_t>& family_of, double rate);

}  // namespace foreshock::coordinator
