#pragma once

#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// A fixed lag at which onsets follow executions more often than chance has it.
struct Coincidence {
  double lag_s = 0;        ///< median over the matched onsets
  double tolerance_s = 0;  ///< an onset within lag ± tolerance is a match
  double score = 0;        ///< log-likelihood ratio; 0: nothing beats chance
};

/// Looks for that lag, over all lags in a range and over several tolerances at once (a lag of
/// minutes varies more than one of seconds). All times are seconds from the start of an observed
/// stretch.
///
/// Statistic: with n executions whose window was observed, k of them followed by an onset, and c
/// the share of the time within the tolerance of any onset, n·KL(k/n ‖ c): what a scan over windows
/// of different widths may compare. Source: Kulldorff, "A spatial scan statistic" (1997), Bernoulli
/// form.
class CoincidenceScan {
 public:
  /// @param onsets    ascending.
  /// @param length_s  of the observed stretch.
  /// @param step_s    resolution of the series that the onsets come from.
  CoincidenceScan(std::vector<double> onsets, double length_s, double step_s);

  /// The best lag in [least_s, most_s]. @param executions ascending. O(n·m·log): m onsets within
  /// the range of lags.
  Coincidence best(const std::vector<double>& executions, double least_s, double most_s);

  /// For each execution the first onset within the window, or none.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> match(const std::vector<double>& executions, double lag_s,
                                 double tolerance_s) const;

  /// Share of the observed time that has an onset within the tolerance.
  double chance(double tolerance_s) const;

  const std::vector<double>& onsets() const { return onsets_; }
  double length_s() const { return length_s_; }
  double step_s() const { return step_s_; }

 private:
  struct Scale {
    double tolerance_s;
    double log_chance;
    double log_rest;
  };

  Coincidence best_at(const Scale& scale, const std::vector<double>& executions) const;

  std::vector<double> onsets_;
  double length_s_;
  double step_s_;
  std::vector<Scale> scales_;
  std::vector<double>
      distances_;  ///< kept between calls: permutations call best() thousands of times
};

}  // namespace foreshock::coordinator
