#include "coordinator/lead/lead_knowledge.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kDraws = 400;

/// Takes out what a lead brought: the steps from just before the onset to just after the end.
void blank(std::vector<double>& load, double step_s, double onset_s, double end_s) {
  const auto from = static_cast<std::ptrdiff_t>(onset_s / step_s);
  const auto to = static_cast<std::ptrdiff_t>(end_s / step_s) + 1;
  for (auto i = std::max<std::ptrdiff_t>(0, from);
       i <= to && i < static_cast<std::ptrdiff_t>(load.size()); ++i)
    load[static_cast<std::size_t>(i)] = kUnknownLoad;
}

/// Adds a path to the load of the steps after `now_s`, each by the share that it is loaded.
void add_path(const AnnouncedLoad::Path& path, double now_s, double step_s,
              std::vector<double>& added) {
  for (std::size_t i = 0; i < added.size(); ++i) {
    const double from = now_s + static_cast<double>(i) * step_s;
    const double on = std::min(from + step_s, path.end_s) - std::max(from, path.onset_s);
    if (on > 0) added[i] += path.height * on / step_s;
  }
}

LoadQuantiles summarise(std::vector<double>& drawn) {
  std::sort(drawn.begin(), drawn.end());
  LoadQuantiles summary;
  const auto at = [&](double level) {
    return drawn[static_cast<std::size_t>(
        std::lround(level * static_cast<double>(drawn.size() - 1)))];
  };
  for (std::size_t q = 0; q < LoadQuantiles::kLevels.size(); ++q)
    summary.quantiles[q] = at(LoadQuantiles::kLevels[q]);
  for (const double value : drawn) summary.mean += value / static_cast<double>(drawn.size());
  return summary;
}

}  // namespace

LeadKnowledge::LeadKnowledge(LeadHistory history, const LeadSearchOptions& options)
    : history_(std::move(history)) {
  std::vector<OnsetEvidence> evidence;
  for (const auto& load : history_.loads) evidence.emplace_back(load, history_.step_s);
  std::vector<std::vector<double>> quiet = history_.loads;
  for (FoundLead& found : search_leads(history_, evidence, options)) {
    LeadResponse response = measure_response(found, history_, evidence);
    for (const LeadOutcome& outcome : response.outcomes) {
      if (!outcome.followed) continue;
      const double onset = outcome.at_s + outcome.lag_s;
      blank(quiet[outcome.target], history_.step_s, onset, onset + outcome.duration_s);
    }
    if (response.probability < options.min_probability) continue;
    memory_s_ = std::max(memory_s_, response.most_lag_s + 3 * response.duration_s);
    leads_.push_back({std::move(found), std::move(response)});
  }
  usual_.emplace_back(quiet, history_.step_s);
}

std::vector<LoadQuantiles> LeadKnowledge::forecast(std::size_t host,
                                                   const std::vector<double>& load,
                                                   const std::vector<Sighting>& sightings,
                                                   std::size_t horizon) const {
  const double step_s = history_.step_s;
  const double now_s = static_cast<double>(load.size()) * step_s;
  std::vector<double> quiet = load;
  for (const LearnedLead& lead : leads_) {
    for (const LeadOutcome& outcome : lead.response.outcomes) {
      const double onset = outcome.at_s + outcome.lag_s;
      if (outcome.followed && outcome.target == host)
        blank(quiet, step_s, onset, onset + outcome.duration_s);
    }
  }
  std::vector<AnnouncedLoad> announced;
  for (const Sighting& sighting : sightings) {
    const LearnedLead& lead = leads_[sighting.lead];
    AnnouncedLoad one(lead.response, history_.commands[lead.found.command].runs, sighting.run, host,
                      load, step_s);
    if (one.running())
      blank(quiet, step_s, one.running()->onset_s, one.running()->end_s.value_or(now_s));
    if (one.probability() > 0) announced.push_back(std::move(one));
  }
  const std::vector<double> medians = usual_.front().forecast(host, quiet, horizon);
  std::vector<std::vector<double>> drawn(horizon, std::vector<double>(kDraws));
  std::mt19937_64 engine(load.size() * 31 + host);
  std::vector<double> added(horizon);
  for (std::size_t d = 0; d < kDraws; ++d) {
    std::fill(added.begin(), added.end(), 0.0);
    for (const AnnouncedLoad& one : announced) {
      if (const auto path = one.draw(engine)) add_path(*path, now_s, step_s, added);
    }
    for (std::size_t i = 0; i < horizon; ++i) drawn[i][d] = added[i];
  }
  // Levels of the usual load's own uncertainty, each once, in another order at each step. Noise
  // goes with the load, whatever it comes from.
  std::vector<double> levels(kDraws);
  for (std::size_t d = 0; d < kDraws; ++d)
    levels[d] = (static_cast<double>(d) + 0.5) / static_cast<double>(kDraws);
  std::vector<LoadQuantiles> forecast;
  for (std::size_t i = 0; i < horizon; ++i) {
    if (!announced.empty()) std::shuffle(levels.begin(), levels.end(), engine);
    for (std::size_t d = 0; d < kDraws; ++d)
      drawn[i][d] = (medians[i] + drawn[i][d]) * usual_.front().spread(host, i, levels[d]);
    forecast.push_back(summarise(drawn[i]));
  }
  return forecast;
}

}  // namespace foreshock::coordinator
