#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "coordinator/lead/lead_history.h"
#include "coordinator/lead/load_baseline.h"

namespace foreshock::coordinator {

/// Load of one host and, for each step, how much it looks as if load began there.
///
/// The rise at a step is the median after it less the median before it, of values relative to the
/// base line, in robust standard deviations of that host; the step itself, where a jump is only
/// partly seen, is in neither. Clipped: one huge load is one piece of evidence, not ten.
class OnsetEvidence {
 public:
  /// Short loads and long ones in noise want different windows; both are kept.
  static constexpr std::size_t kScales = 2;
  /// Steps before and after.
  struct Window {
    std::size_t before;
    std::size_t after;
  };
  static constexpr std::array<Window, kScales> kWindows{{{8, 6}, {16, 16}}};

  OnsetEvidence(const std::vector<double>& load, double step_s);

  /// The rise in standard deviations, within [-2, 5]; 0 where unknown.
  double rise(std::size_t scale, std::size_t step) const { return rise_[scale][step]; }
  /// The rise less what is usual at that time of day, over how much it varies then: mean 0 and
  /// variance 1 at times that have nothing to do with a command (matched placebo).
  double surprise(std::size_t scale, std::size_t step) const { return surprise_[scale][step]; }
  const std::vector<double>& surprises(std::size_t scale) const { return surprise_[scale]; }
  std::size_t steps() const { return load_.size(); }
  double step_s() const { return step_s_; }

  /// What is explained is evidence no more.
  void silence(std::size_t from, std::size_t to);

  const std::vector<double>& load() const { return load_; }
  const LoadBaseline& baseline() const { return baseline_; }

 private:
  void find_rises(std::size_t scale);
  void compare_with_the_time_of_day(std::size_t scale);

  std::vector<double> load_;
  double step_s_;
  LoadBaseline baseline_;
  std::array<std::vector<double>, kScales> rise_;
  std::array<std::vector<double>, kScales> surprise_;
};

}  // namespace foreshock::coordinator
