#pragma once

#include <cstddef>
#include <vector>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// What a back-test of few independent stretches cannot know: widens around the median as Student's
/// t with so many degrees of freedom is wider than the normal distribution, and by the error of
/// what was estimated. Source: Cornish-Fisher expansion of t, Hill (1970).
void widen_for_few(Quantiles& quantiles, double stretches);

/// The chance that the series changes its ways before it gets there, though it was never seen to,
/// is 1/2 over a history's length (Jeffreys' prior for a rate); after that anything of the history
/// may come.
class RegimeChange {
 public:
  /// The values of the history, not empty.
  explicit RegimeChange(std::vector<double> values);
  /// Mixes that chance into a forecast `ahead` steps on; the median stays.
  void mix_into(Quantiles& quantiles, std::size_t ahead) const;

 private:
  std::size_t length_;
  std::vector<double> anything_;  ///< evenly spaced quantiles
};

}  // namespace foreshock::coordinator
