#include "coordinator/forecast/member_scores.h"

#include <algorithm>
#include <utility>

namespace foreshock::coordinator {

void ScoreSum::add(const Quantiles& said, double came) {
  pinball_ += pinball_loss(said, came);
  covered_ += came >= said[2] && came <= said[4] ? 1 : 0;
  ++points_;
}

ModelScore ScoreSum::finish(std::string model, double weight) const {
  const double points = std::max(1.0, static_cast<double>(points_));
  return {.model = std::move(model),
          .pinball = pinball_ / points,
          .coverage80 = static_cast<double>(covered_) / points,
          .points = points_,
          .weight = weight,
          .serves = weight > 0};
}

}  // namespace foreshock::coordinator
