#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <vector>

#include "coordinator/lead/lead_response.h"

namespace foreshock::coordinator {

/// Load that is already there after a lead command ran.
struct RunningLoad {
  double onset_s = 0;
  double height = 0;
  std::optional<double> end_s;  ///< over already
};

/// What one run of a lead command announces, as far as it is known at some moment: whether its load
/// has begun, how high it is, and else when, how high, how long and how surely. Times are seconds
/// after the start of the history.
class AnnouncedLoad {
 public:
  /// @param load  of the host concerned until now, nothing after. `response` outlives this.
  AnnouncedLoad(const LeadResponse& response, const std::vector<CommandRun>& learned_runs,
                const CommandRun& run, std::size_t target, const std::vector<double>& load,
                double step_s);

  /// Chance that load is on or to come.
  double probability() const { return probability_; }
  const std::optional<RunningLoad>& running() const { return running_; }
  /// Absent: this time there is none.
  struct Path {
    double onset_s = 0, end_s = 0, height = 0;
  };
  std::optional<Path> draw(std::mt19937_64& engine) const;

 private:
  struct Example {
    double lag_s, height, duration_s;
  };
  void find_running(const std::vector<double>& load);
  void take_examples(const std::vector<CommandRun>& learned_runs);

  const LeadResponse& response_;
  const CommandRun run_;
  std::size_t target_;
  double step_s_;
  double now_s_;
  std::optional<RunningLoad> running_;
  std::vector<Example> examples_;  ///< past runs that fit what is known
  double probability_ = 0;
  double lag_jitter_s_ = 0;
};

}  // namespace foreshock::coordinator
