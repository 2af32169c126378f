#include "coordinator/forecast/member_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace foreshock::coordinator {

void ScoreSum::add(const Quantiles& said, double came) {
  pinball_ += pinball_loss(said, came);
  error_ += std::abs(came - said[3]);
  covered80_ += came >= said[2] && came <= said[4] ? 1 : 0;
  covered95_ += came >= said[0] && came <= said[6] ? 1 : 0;
  ++points_;
}

ModelScore::Range ScoreSum::finish(std::size_t up_to) const {
  const double points = std::max(1.0, static_cast<double>(points_));
  return {.up_to = up_to,
          .pinball = pinball_ / points,
          .error = error_ / points,
          .coverage80 = static_cast<double>(covered80_) / points,
          .coverage95 = static_cast<double>(covered95_) / points,
          .points = points_};
}

ModelScore make_score(std::string model, double weight, const std::vector<ScoreSum>& sums,
                      const std::vector<std::size_t>& ends) {
  ModelScore score;
  score.model = std::move(model);
  score.weight = weight;
  score.serves = weight > 0;
  for (std::size_t range = 0; range < sums.size(); ++range) {
    const ModelScore::Range one = sums[range].finish(ends[range]);
    const auto points = static_cast<double>(one.points);
    score.points += one.points;
    score.pinball += points * one.pinball;
    score.error += points * one.error;
    score.coverage80 += points * one.coverage80;
    score.coverage95 += points * one.coverage95;
    score.ranges.push_back(one);
  }
  const double points = std::max(1.0, static_cast<double>(score.points));
  score.pinball /= points;
  score.error /= points;
  score.coverage80 /= points;
  score.coverage95 /= points;
  return score;
}

void compare_with(std::vector<ModelScore>& scores, const std::string& naive) {
  const auto found = std::ranges::find(scores, naive, &ModelScore::model);
  if (found == scores.end()) return;
  const ModelScore base = *found;
  for (ModelScore& score : scores) {
    if (base.error > 0) score.scaled_error = score.error / base.error;
    score.beats_naive = score.pinball < base.pinball;
  }
}

}  // namespace foreshock::coordinator
