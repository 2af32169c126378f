#include "coordinator/lead/lead_search.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "coordinator/lead/run_sequences.h"

namespace foreshock::coordinator {

namespace {

/// A command that runs more often is looked at in its latest runs.
constexpr std::size_t kMostRuns = 3000;
/// Chance alone reaches this on one candidate in a few: what is below is not tested further.
constexpr double kLeastZ = 4.5;
/// A sequence is one only when it explains so much better than either half alone.
constexpr double kSequenceGain = 1.15;
/// A run was followed by load when the rise is so large.
constexpr double kClearRise = 3;

struct Candidate {
  FoundLead lead;
  ResponseScan::Chance chance;
};

FoundLead lead_of(std::size_t command, std::optional<std::size_t> source = std::nullopt,
                  std::optional<std::size_t> target = std::nullopt) {
  FoundLead lead;
  lead.command = command;
  lead.source = source;
  lead.target = target;
  return lead;
}

class LeadSearch {
 public:
  LeadSearch(const LeadHistory& history, std::vector<OnsetEvidence> evidence,
             const LeadSearchOptions& options)
      : history_(history),
        options_(options),
        evidence_(std::move(evidence)),
        scan_(evidence_, steps(options.min_lag_s),
              std::max<std::size_t>(1, steps(options.max_lag_s))) {}

  std::vector<FoundLead> run() {
    for (std::size_t c = 0; c < history_.commands.size(); ++c) consider_alone(c);
    for (const RunSequence& sequence : find_run_sequences(
             history_, {.within_s = options_.sequence_s, .min_support = options_.min_support}))
      consider_sequence(sequence);
    return pursue();
  }

 private:
  std::size_t steps(double s) const {
    return static_cast<std::size_t>(std::lround(s / history_.step_s));
  }

  /// The load that `run` is followed by on `target`, or on its own host.
  ScannedRun scanned(const CommandRun& run, std::optional<std::size_t> target) const {
    return {target.value_or(run.host), static_cast<std::size_t>(run.at_s / history_.step_s)};
  }

  /// What runs on a host is looked at beside the host's own load for all hosts together; here,
  /// other hosts' loads, and those of what runs on the same host.
  bool may_lead(std::size_t host, std::size_t target) const {
    return history_.is_host(target) ? host != target : host == history_.home[target];
  }

  /// Takes over the runs that count; several within one step of one host are one.
  void collect(FoundLead& lead, const std::vector<std::size_t>& indexes) const {
    const auto& runs = history_.commands[lead.command].runs;
    const std::size_t skip = indexes.size() > kMostRuns ? indexes.size() - kMostRuns : 0;
    std::vector<std::size_t> last(evidence_.size(), static_cast<std::size_t>(-1));
    for (std::size_t i = skip; i < indexes.size(); ++i) {
      const CommandRun& run = runs[indexes[i]];
      if (run.at_s < 0 || run.host >= evidence_.size()) continue;
      if (lead.source && run.host != *lead.source) continue;
      if (lead.target && !may_lead(run.host, *lead.target)) continue;
      const ScannedRun one = scanned(run, lead.target);
      if (one.step + 1 >= history_.steps() || last[run.host] == one.step) continue;
      last[run.host] = one.step;
      lead.runs.push_back(indexes[i]);
      lead.scanned.push_back(one);
    }
  }

  void consider(FoundLead lead, const std::vector<std::size_t>& indexes, double least_z) {
    collect(lead, indexes);
    if (lead.scanned.size() < options_.min_support) return;
    ++tests_;
    lead.peak = scan_.peak(lead.scanned);
    double& strongest = strongest_[lead.command];
    if (!lead.previous) strongest = std::max(strongest, lead.peak.z);
    if (lead.peak.z < std::max(kLeastZ, least_z) || lead.peak.z_before >= lead.peak.z) return;
    const auto chance = scan_.chance(lead.scanned, options_.seed + tests_);
    candidates_.push_back({std::move(lead), chance});
  }

  void consider_alone(std::size_t command) {
    strongest_.resize(history_.commands.size());
    std::vector<std::size_t> all(history_.commands[command].runs.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    if (all.size() < options_.min_support) return;
    std::set<std::size_t> hosts;
    for (const CommandRun& run : history_.commands[command].runs) hosts.insert(run.host);
    consider(lead_of(command), all, 0);
    for (std::size_t load = 0; load < evidence_.size(); ++load) {
      if (history_.is_host(load) && hosts.size() > 1 && hosts.contains(load))
        consider(lead_of(command, load), all, 0);
      if (std::ranges::any_of(hosts, [&](std::size_t host) { return may_lead(host, load); }))
        consider(lead_of(command, std::nullopt, load), all, 0);
    }
  }

  void consider_sequence(const RunSequence& sequence) {
    const double alone = std::max(strongest_[sequence.first], strongest_[sequence.second]);
    FoundLead lead = lead_of(sequence.second);
    lead.previous = sequence.first;
    consider(std::move(lead), sequence.runs, kSequenceGain * alone);
  }

  std::vector<FoundLead> pursue() {
    std::vector<FoundLead> found;
    while (true) {
      const double most_p = options_.false_discovery_rate * static_cast<double>(found.size() + 1) /
                            static_cast<double>(std::max<std::size_t>(1, tests_));
      Candidate* best = nullptr;
      for (Candidate& one : candidates_) {
        one.lead.p_value = one.chance.of(one.lead.peak.z);
        if (one.lead.p_value <= most_p && (best == nullptr || one.lead.peak.z > best->lead.peak.z))
          best = &one;
      }
      if (best == nullptr) break;
      found.push_back(std::move(best->lead));
      candidates_.erase(candidates_.begin() + (best - candidates_.data()));
      FoundLead& lead = found.back();
      lead.q_value = std::min(
          1.0, lead.p_value * static_cast<double>(tests_) / static_cast<double>(found.size()));
      silence(lead);
      rescan();
    }
    return found;
  }

  /// What the lead explains: the rises in the window after its runs.
  void silence(const FoundLead& lead) {
    const auto window = OnsetEvidence::kWindows[OnsetEvidence::kScales - 1];
    const std::size_t half = lead.peak.width / 2 + 1;
    for (const ScannedRun& run : lead.scanned) {
      const std::size_t centre = run.step + lead.peak.lag;
      OnsetEvidence& evidence = evidence_[run.target];
      bool risen = false;
      for (std::size_t i = centre < half ? 0 : centre - half;
           i <= centre + half && i < evidence.steps(); ++i)
        risen = risen || evidence.rise(lead.peak.scale, i) >= kClearRise;
      if (!risen) continue;
      const std::size_t from = half + window.before / 2;
      evidence.silence(centre < from ? 0 : centre - from, centre + half + window.after / 2 + 1);
    }
  }

  void rescan() {
    for (Candidate& one : candidates_) {
      const double before = one.lead.peak.z_before;
      one.lead.peak = scan_.peak(one.lead.scanned);
      one.lead.peak.z_before = before;
    }
    std::erase_if(candidates_, [](const Candidate& one) { return one.lead.peak.z < kLeastZ; });
  }

  const LeadHistory& history_;
  const LeadSearchOptions& options_;
  std::vector<OnsetEvidence> evidence_;
  ResponseScan scan_;
  std::vector<Candidate> candidates_;
  std::vector<double> strongest_;  ///< z of each command alone
  std::size_t tests_ = 0;
};

}  // namespace

std::vector<FoundLead> search_leads(const LeadHistory& history, std::vector<OnsetEvidence> evidence,
                                    const LeadSearchOptions& options) {
  return LeadSearch(history, std::move(evidence), options).run();
}

}  // namespace foreshock::coordinator
