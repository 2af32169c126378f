#pragma once

#include <string>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// Mean over the seven levels. Source: Koenker & Bassett, "Regression quantiles" (1978).
double pinball_loss(const Quantiles& said, double came);

/// A member's score, case by case.
class ScoreSum {
 public:
  void add(const Quantiles& said, double came);
  ModelScore finish(std::string model, double weight) const;

 private:
  double pinball_ = 0;
  std::size_t covered_ = 0;
  std::size_t points_ = 0;
};

}  // namespace foreshock::coordinator
