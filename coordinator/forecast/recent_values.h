#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/forecast/window.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// Quantiles of a sample at the seven levels, with the finite-sample correction. Not empty.
Quantiles quantiles_of(std::vector<double> sample);

/// The members that are nothing but what was seen: of the last quarter of a day, day and three
/// days, of the whole history, and of all days at about the same time. After a change of regime
/// they are right first, and where there is no pattern nothing is better.
class RecentValues {
 public:
  explicit RecentValues(const Window& window);

  std::size_t members() const { return stretches_.size() + (window_.day > 0 ? 1 : 0); }
  std::vector<std::string> names() const;

  /// The stretches' quantiles at an origin: the same for all that is ahead.
  std::vector<Quantiles> stretches_before(std::size_t origin) const;
  /// Those of the same time of day. Only where the window has a day.
  Quantiles same_time(std::size_t origin, std::size_t t) const;

 private:
  Quantiles quantiles_between(std::size_t from, std::size_t to) const;

  const Window& window_;
  std::vector<std::size_t> stretches_;
  std::vector<std::size_t> in_order_;  ///< the steps of the window, the least value's first
};

}  // namespace foreshock::coordinator
