#pragma once

#include <string>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

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
