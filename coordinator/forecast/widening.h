#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// What a back-test of few independent stretches cannot know: widens around the median as Student's
/// t with so many degrees of freedom is wider than the normal distribution. Source: Cornish-Fisher
/// expansion of t, Hill (1970).
void widen_for_few(Quantiles& quantiles, double stretches);

/// Lower quantiles that lie below the least value ever seen: the less, the farther the median is
/// above it. From there the errors of higher levels do not lead below what never was, but a series
/// that is falling may go on.
void hold_above(Quantiles& quantiles, double least);

/// How often the level has shifted: the median of two units lies outside nearly all (the middle
/// 96 %) of the seven before. `unit` in steps, at least 1.
std::size_t count_shifts(std::span<const double> values, std::size_t unit);

/// The chance that the series changes its ways before it gets there. The rate of changes is that of
/// the history's shifts, and half a one more (Jeffreys' prior); after a change anything of the
/// history may come.
class RegimeChange {
 public:
  /// The values of the history, not empty.
  RegimeChange(std::vector<double> values, std::size_t unit);
  /// Mixes that chance into a forecast `ahead` steps on; the median stays.
  void mix_into(Quantiles& quantiles, std::size_t ahead) const;

 private:
  double rate_;                   ///< changes a step
  std::vector<double> anything_;  ///< evenly spaced quantiles
};

}  // namespace foreshock::coordinator
