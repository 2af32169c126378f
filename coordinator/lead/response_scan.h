#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coordinator/lead/onset_evidence.h"

namespace foreshock::coordinator {

/// A run as a scan sees it: the host whose load is looked at, and the step it ran in.
struct ScannedRun {
  std::size_t target = 0;
  std::size_t step = 0;
};

/// Where load begins after runs more surprisingly than anywhere else.
struct ResponsePeak {
  double z = 0;         ///< of the surprise summed over the runs, in standard deviations
  double z_before = 0;  ///< the same for the best lag before the runs
  std::size_t scale = 0;
  std::size_t lag = 0;    ///< steps from run to the centre of the window
  std::size_t width = 1;  ///< steps; the wider, the more the lag varies
};

/// Sums the surprise (OnsetEvidence) at each lag over all runs, over windows of several widths, and
/// takes the largest in standard deviations: an event-triggered average against matched placebo
/// times.
class ResponseScan {
 public:
  static constexpr std::array<std::size_t, 5> kWidths{1, 3, 7, 15, 31};
  /// Lags before the runs that are compared with: what load precedes does not foretell it.
  static constexpr std::size_t kBefore = 60;

  /// @param evidence  one a host, all of the same length; read when a scan is made, so what was
  /// silenced meanwhile counts no more. The standard deviations are taken now.
  ResponseScan(const std::vector<OnsetEvidence>& evidence, std::size_t least_lag,
               std::size_t most_lag);

  ResponsePeak peak(const std::vector<ScannedRun>& runs) const;

  /// How likely runs that have nothing to do with the load reach as high a peak: the days of the
  /// runs are swapped with others and each day's runs moved by up to half an hour together, so
  /// what only happens at the same time of day as load does is matched. The tail is that of a
  /// Gumbel distribution of z^1.5, which maxima of such sums follow. Deterministic by seed.
  /// Sources: Amarasingham et al., "Conditional modeling and the jitter method" (2012); Knijnenburg
  /// et al., "Fewer permutations, more accurate P-values" (2009).
  struct Chance {
    double location = 0;
    double scale = 1;
    double of(double z) const;
  };
  Chance chance(const std::vector<ScannedRun>& runs, std::uint64_t seed) const;

 private:
  void add_up(const std::vector<ScannedRun>& runs, std::size_t scale,
              std::vector<double>& by_lag) const;

  const std::vector<OnsetEvidence>& evidence_;
  std::size_t least_lag_;
  std::size_t most_lag_;
  std::size_t steps_;
  /// Of window sums: [scale][width][host].
  std::array<std::array<std::vector<double>, kWidths.size()>, OnsetEvidence::kScales> variances_;
};

}  // namespace foreshock::coordinator
