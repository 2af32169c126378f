#include "coordinator/lead/lead_learner.h"

#include <algorithm>
#include <utility>

namespace foreshock::coordinator {

const LeadKnowledge& LeadLearner::learn(WallTime now) {
  knowledge_.emplace(stream_.history(), options_.search);
  learned_at_ = now;
  return *knowledge_;
}

std::optional<std::vector<LoadQuantiles>> LeadLearner::forecast(std::string_view host,
                                                                WallTime origin,
                                                                std::size_t horizon) {
  const std::size_t number = stream_.find_host(host);
  if (number >= stream_.hosts()) return std::nullopt;
  if (!knowledge_ || origin - learned_at_ >= options_.learn_every ||
      number >= knowledge_->history().loads.size())
    learn(origin);
  return knowledge_->forecast(number, stream_.load_until(number, origin + options_.step),
                              sightings_for(number, origin), horizon);
}

std::vector<LeadKnowledge::Sighting> LeadLearner::sightings_for(std::size_t host,
                                                                WallTime origin) const {
  std::vector<LeadKnowledge::Sighting> sightings;
  const double sequence_s = options_.search.sequence_s;
  const double now_s = std::chrono::duration<double>(origin - stream_.start()).count();
  const double since_s = now_s - knowledge_->memory_s();
  const auto recent = stream_.runs_since(since_s - sequence_s);
  for (std::size_t l = 0; l < knowledge_->leads().size(); ++l) {
    const FoundLead& lead = knowledge_->leads()[l].found;
    if (lead.target && *lead.target != host) continue;
    for (const auto& [command, run] : recent) {
      if (command != lead.command || run.at_s < since_s) continue;
      if (lead.target ? run.host == host : run.host != host) continue;
      if (lead.source && run.host != *lead.source) continue;
      const bool follows =
          !lead.previous || std::ranges::any_of(recent, [&, &run = run](const auto& other) {
            return other.first == *lead.previous && other.second.host == run.host &&
                   other.second.at_s <= run.at_s && other.second.at_s >= run.at_s - sequence_s;
          });
      if (follows) sightings.push_back({l, run});
    }
  }
  return sightings;
}

}  // namespace foreshock::coordinator
