#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/lead/lead_knowledge.h"
#include "coordinator/lead/lead_stream.h"

namespace foreshock::coordinator {

/// Learns lead commands from what arrives, and forecasts with them from what has arrived so far.
class LeadLearner {
 public:
  struct Options {
    std::chrono::seconds step{60};
    /// Between that, sightings act on what was learned last.
    std::chrono::seconds learn_every = std::chrono::hours(24);
    LeadSearchOptions search;
  };

  explicit LeadLearner(const Options& options) : options_(options), stream_(options.step) {}

  LeadStream& stream() { return stream_; }
  /// From everything so far. A second or so for some 200,000 commands and 150,000 loads.
  const LeadKnowledge& learn(WallTime now);

  /// The steps after the one that begins at `origin`; nullopt for a host without load.
  std::optional<std::vector<LoadQuantiles>> forecast(std::string_view host, WallTime origin,
                                                     std::size_t horizon);

 private:
  std::vector<LeadKnowledge::Sighting> sightings_for(std::size_t host, WallTime origin) const;

  const Options options_;
  LeadStream stream_;
  std::optional<LeadKnowledge> knowledge_;
  WallTime learned_at_;
};

}  // namespace foreshock::coordinator
