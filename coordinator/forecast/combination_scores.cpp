#include "coordinator/forecast/combination_scores.h"

#include <algorithm>
#include <utility>

#include "coordinator/forecast/member_scores.h"
#include "coordinator/forecast/recent_values.h"

namespace foreshock::coordinator {

namespace {

class Scorer {
 public:
  Scorer(const PastForecasts& past, const LearnedShares& learned)
      : past_(past), learned_(learned) {}

  ModelScore combination() const {
    std::vector<ScoreSum> sums(ranges().size());
    for_judged([&](std::size_t range, std::size_t i) {
      Quantiles mixed{};
      for (std::size_t q = 0; q < mixed.size(); ++q) {
        const Cases& cases = learned_.judged[range][q];
        for (std::size_t m = 0; m < cases.said.size(); ++m)
          mixed[q] += learned_.levels[range][q][m] * cases.said[m][i];
      }
      std::sort(mixed.begin(), mixed.end());
      sums[range].add(mixed, learned_.judged[range][0].came[i]);
    });
    return make_score("combination", 1, sums, ranges());
  }

  ModelScore distribution(const std::string& name, std::size_t m) const {
    std::vector<ScoreSum> sums(ranges().size());
    for_judged([&](std::size_t range, std::size_t i) {
      Quantiles said{};
      for (std::size_t q = 0; q < said.size(); ++q) said[q] = learned_.judged[range][q].said[m][i];
      sums[range].add(said, learned_.judged[range][0].came[i]);
    });
    return make_score(name, level_share(m), sums, ranges());
  }

  /// A path has no band of its own: it is given the quantiles of its errors.
  void members(std::vector<ModelScore>& scores) const {
    const std::size_t count = past_.members().size();
    std::vector<std::vector<ScoreSum>> sums(count, std::vector<ScoreSum>(ranges().size()));
    std::size_t from = 0;
    for (std::size_t range = 0; range < ranges().size(); ++range) {
      const Cases cases = past_.point_cases(from, ranges()[range], PastForecasts::kLevelCases);
      from = ranges()[range];
      if (cases.size() == 0) continue;
      for (std::size_t m = 0; m < count; ++m) {
        std::vector<double> errors;
        for (std::size_t i = 0; i < cases.size(); ++i)
          errors.push_back(cases.came[i] - cases.said[m][i]);
        const Quantiles band = quantiles_of(errors);
        for (const double error : errors) sums[m][range].add(band, error);
      }
    }
    for (std::size_t m = 0; m < count; ++m) {
      scores.push_back(
          make_score(past_.members()[m].name, level_share(0) * point_share(m), sums[m], ranges()));
    }
  }

 private:
  const Ranges& ranges() const { return past_.level_ranges(); }

  /// What was judged: calls visit(range, i) for each case.
  template <typename Visit>
  void for_judged(Visit visit) const {
    for (std::size_t range = 0; range < learned_.judged.size(); ++range) {
      for (std::size_t i = 0; i < learned_.judged[range][0].size(); ++i) visit(range, i);
    }
  }

  /// Of a member, over all distances.
  double point_share(std::size_t m) const {
    double share = 0;
    std::size_t from = 0;
    for (std::size_t range = 0; range < past_.point_ranges().size(); ++range) {
      const std::size_t to = past_.point_ranges()[range];
      share += learned_.points[range][m] * static_cast<double>(to - from);
      from = to;
    }
    return share / static_cast<double>(past_.points());
  }

  /// Of a distribution, over all levels and distances.
  double level_share(std::size_t m) const {
    double share = 0;
    std::size_t from = 0;
    for (std::size_t range = 0; range < ranges().size(); ++range) {
      for (const Shares& shares : learned_.levels[range])
        share += shares[m] * static_cast<double>(ranges()[range] - from);
      from = ranges()[range];
    }
    return share / static_cast<double>(past_.points() * kQuantileLevels.size());
  }

  const PastForecasts& past_;
  const LearnedShares& learned_;
};

}  // namespace

std::vector<ModelScore> score_combination(const PastForecasts& past, const LearnedShares& learned,
                                          const std::vector<std::string>& distributions) {
  const Scorer scorer(past, learned);
  std::vector<ModelScore> scores = {scorer.combination()};
  scorer.members(scores);
  for (std::size_t m = 0; m < distributions.size(); ++m)
    scores.push_back(scorer.distribution(distributions[m], m + 1));
  compare_with(scores, past.members().front().name);
  std::stable_sort(scores.begin(), scores.end(), [](const ModelScore& a, const ModelScore& b) {
    return std::pair(-a.weight, a.pinball) < std::pair(-b.weight, b.pinball);
  });
  return scores;
}

}  // namespace foreshock::coordinator
