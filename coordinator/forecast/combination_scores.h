#pragma once

#include <array>
#include <string>
#include <vector>

#include "coordinator/forecast/past_forecasts.h"
#include "coordinator/model/model_version.h"

namespace foreshock::coordinator {

using Shares = std::vector<double>;
template <typename Each>
using ByLevel = std::array<Each, kQuantileLevels.size()>;

/// Shares of the members and of the distributions, and what those were judged by.
struct LearnedShares {
  std::vector<Shares> points;           ///< by point range: of each member
  std::vector<ByLevel<Shares>> levels;  ///< by level range: of each distribution
  std::vector<ByLevel<Cases>> judged;   ///< by level range: what each distribution had said
};

/// How good everything was in the cases that were judged, and its share: the combination first,
/// then by share. @param distributions  names of those after the combination's own band.
std::vector<ModelScore> score_combination(const PastForecasts& past, const LearnedShares& learned,
                                          const std::vector<std::string>& distributions);

}  // namespace foreshock::coordinator
