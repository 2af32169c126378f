#pragma once

#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// What several members said, what came, and how much each case counts.
struct Cases {
  std::vector<std::vector<double>> said;  ///< said[m][i]
  std::vector<double> came;               ///< came[i]
  std::vector<double> weight;             ///< weight[i] > 0

  void reserve(std::size_t members, std::size_t cases);
  std::size_t size() const { return came.size(); }
};

/// Shares of the members, >= 0 and together 1, for which the mixture Σ share × said has a low
/// pinball loss at `level` over the cases; drawn to `prior` by `pull` × the relative entropy, so
/// that few cases change little. A share of 0 in `prior` stays 0. Exponentiated gradient steps, the
/// later half averaged. O(members × cases).
/// Source: Kivinen & Warmuth, "Exponentiated gradient versus gradient descent for linear
/// predictors" (1997).
std::vector<double> aggregate(const Cases& cases, double level, const std::vector<double>& prior,
                              double pull);

}  // namespace foreshock::coordinator
