#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/lead/lead_search.h"

namespace foreshock::coordinator {

/// What came of one run of a lead command.
struct LeadOutcome {
  std::size_t run = 0;     ///< index in the command's runs
  std::size_t target = 0;  ///< host
  double at_s = 0;
  bool followed = false;
  double lag_s = 0;       ///< to the onset, finer than a step: from how full its first step is
  double height = 0;      ///< mean above the level before, in the load's unit
  double duration_s = 0;  ///< until a third of the height is left
  /// Median load where the lead's load usually is, less that before the run: also of runs whose
  /// load is too low to be seen as one.
  double uplift = 0;
};

/// Load scales with an argument: size = offset + slope · value.
struct SizeRule {
  struct Line {
    double offset = 0, slope = 0;
    double at(double value) const { return offset + slope * value; }
  };
  std::string argument;
  Line height;    ///< relative to the target's usual load
  Line duration;  ///< seconds
};

/// What a lead does, measured over its runs.
struct LeadResponse {
  std::vector<LeadOutcome> outcomes;  ///< runs whose window is over, ascending
  std::vector<double> usual_load;     ///< by host: what heights are relative to
  double least_lag_s = 0;             ///< onsets are looked for between these
  double most_lag_s = 0;
  double lag_s = 0, lag_low_s = 0, lag_high_s = 0;     ///< median, 10 % and 90 %
  double duration_s = 0;                               ///< median
  double effect = 0, effect_low = 0, effect_high = 0;  ///< mean height and its 90 % interval
  double precision = 0;  ///< share of the runs followed by load, all told
  double by_chance = 0;  ///< the same at the same times of other days
  /// That load follows a run, since the lead last changed its ways: beyond chance, and with the
  /// loads that are too low or too covered by others to be seen each for itself.
  double probability = 0;
  double since_s = 0;  ///< when that was; 0: never
  std::optional<SizeRule> size;
  /// Mean load above the base line per step, from kCurveBefore steps before the run.
  std::vector<double> curve;
  static constexpr std::size_t kCurveBefore = 15;

  double lift() const { return by_chance > 0 ? precision / by_chance : 0; }
};

LeadResponse measure_response(const FoundLead& lead, const LeadHistory& history,
                              const std::vector<OnsetEvidence>& evidence);

}  // namespace foreshock::coordinator
