#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// A member's score, case by case.
class ScoreSum {
 public:
  void add(const Quantiles& said, double came);
  ModelScore::Range finish(std::size_t up_to) const;

 private:
  double pinball_ = 0;
  double error_ = 0;
  std::size_t covered80_ = 0;
  std::size_t covered95_ = 0;
  std::size_t points_ = 0;
};

/// @param sums  of each range of distances; ends are their ends, in steps.
ModelScore make_score(std::string model, double weight, const std::vector<ScoreSum>& sums,
                      const std::vector<std::size_t>& ends);

/// Against the member of that name; where there is none nothing changes.
void compare_with(std::vector<ModelScore>& scores, const std::string& naive);

}  // namespace foreshock::coordinator
