#pragma once

#include <cstddef>
#include <vector>

#include "coordinator/lead/announced_load.h"
#include "coordinator/lead/lead_response.h"
#include "coordinator/lead/lead_search.h"
#include "coordinator/lead/usual_load.h"

namespace foreshock::coordinator {

/// A lead command and what it does.
struct LearnedLead {
  FoundLead found;
  LeadResponse response;
};

/// Mean and quantiles of a load, per step.
struct LoadQuantiles {
  static constexpr std::array<double, 5> kLevels{.05, .1, .5, .9, .95};
  double mean = 0;
  std::array<double, kLevels.size()> quantiles{};
};

/// All that is learned from a history: the leads, what they do, and how loads go without them. It
/// forecasts from what is known later: loads and runs that came since.
class LeadKnowledge {
 public:
  LeadKnowledge(LeadHistory history, const LeadSearchOptions& options);

  const LeadHistory& history() const { return history_; }
  /// Best explained first. Leads that expired are not among them.
  const std::vector<LearnedLead>& leads() const { return leads_; }

  /// A run that moves the load of `target`.
  struct Sighting {
    std::size_t lead = 0;
    CommandRun run;
  };
  /// Steps after the end of `load` of a known host. Runs that have nothing to do with the host, and
  /// those that are too old, do no harm. The draws are the same for the same input.
  std::vector<LoadQuantiles> forecast(std::size_t host, const std::vector<double>& load,
                                      const std::vector<Sighting>& sightings,
                                      std::size_t horizon) const;

  /// Runs older than this move nothing any more.
  double memory_s() const { return memory_s_; }

 private:
  LeadHistory history_;
  std::vector<LearnedLead> leads_;
  std::vector<UsualLoad> usual_;  ///< one
  double memory_s_ = 0;
};

}  // namespace foreshock::coordinator
