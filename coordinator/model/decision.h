#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/command.h"
#include "common/model/reflex.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/policy.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Everything a policy looks at for one workload at one moment. Plain values: the same facts give
/// the same decision. Uses and needs are in the policy's capacity unit.
struct Facts {
  WallTime now;
  Workload workload;
  std::string host_name;
  std::uint64_t cgroup_id = 0;
  KnobValue current_limit;                   ///< as last reported
  std::optional<std::uint64_t> live_use;     ///< the most in the last few seconds
  std::optional<std::uint64_t> working_set;  ///< memory only
  bool throttled = false;  ///< the limit holds it back now: use is a floor of the need
  std::optional<Nanoseconds> sample_age;  ///< absent: never sampled
  std::uint64_t losses = 0;               ///< records lost by this host in the last minute
  std::optional<Forecast> forecast;
  std::string no_forecast_reason;
  std::optional<std::uint64_t>
      recent_peak_want;  ///< the most wanted within the stabilisation window
  std::optional<WallTime> last_lowered;
};

enum class DecisionOutcome : std::uint8_t {
  keep = 0,
  raise = 1,
  lower = 2,
  hold = 3,
  arm = 4,
  disarm = 5
};
std::string_view to_string(DecisionOutcome outcome);

/// One capacity that was considered, and where it came from.
struct Candidate {
  std::string source;  ///< "forecast", "live_need", "stabilisation", "floor"
  std::uint64_t capacity = 0;
  std::string explanation;
};

/// Something that changed the winner: a bound, a step limit, a freeze.
struct Clip {
  std::string rule;  ///< "max", "min", "working_set", "step_down", "cool_down", "tolerance",
                     ///< "stale", "losses"
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  std::string explanation;
};

/// One run of a policy for one workload.
struct Decision {
  std::string policy;
  PolicyMode mode = PolicyMode::observe;
  Facts facts;
  Knob knob = Knob::unknown;
  std::vector<Candidate> candidates;
  std::string winner;  ///< source of the candidate that won
  std::vector<Clip> clips;
  std::uint64_t wanted = 0;  ///< after clips
  DecisionOutcome outcome = DecisionOutcome::keep;
  std::string reason;                ///< one sentence for people
  std::string counter_factual;       ///< what would have been done without the forecast
  std::optional<Adjustment> action;  ///< what is asked of the world; carried out in `auto` only
  std::optional<Reflex> reflex;  ///< outcome arm: its decision_id is this decision's, once recorded
  std::optional<std::uint64_t> disarms;  ///< outcome disarm: the decision that armed the reflex
};

}  // namespace foreshock::coordinator
