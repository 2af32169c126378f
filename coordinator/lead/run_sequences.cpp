#include "coordinator/lead/run_sequences.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace foreshock::coordinator {

namespace {

struct HostRun {
  double at_s;
  std::size_t command;
  std::size_t index;
};

using Pairs = std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>>;

/// What followed what on one host.
void add_pairs(const std::vector<HostRun>& runs, double within_s, Pairs& pairs) {
  std::deque<HostRun> recent;
  for (const HostRun& run : runs) {
    while (!recent.empty() && recent.front().at_s < run.at_s - within_s) recent.pop_front();
    for (const HostRun& before : recent) {
      if (before.command == run.command) continue;
      auto& found = pairs[{before.command, run.command}];
      if (found.empty() || found.back() != run.index) found.push_back(run.index);
    }
    recent.push_back(run);
  }
}

}  // namespace

std::vector<RunSequence> find_run_sequences(const LeadHistory& history,
                                            const RunSequenceOptions& options) {
  const double length_s = history.step_s * static_cast<double>(history.steps());
  const std::size_t hosts = history.loads.size();
  std::vector<std::vector<double>> counts(history.commands.size(), std::vector<double>(hosts));
  std::vector<std::vector<HostRun>> by_host(hosts);
  for (std::size_t c = 0; c < history.commands.size(); ++c) {
    for (const CommandRun& run : history.commands[c].runs) {
      if (run.host < hosts) ++counts[c][run.host];
    }
    for (std::size_t i = 0; i < history.commands[c].runs.size(); ++i) {
      const CommandRun& run = history.commands[c].runs[i];
      if (run.host < hosts && counts[c][run.host] * options.within_s < length_s)
        by_host[run.host].push_back({run.at_s, c, i});
    }
  }
  Pairs pairs;
  for (auto& runs : by_host) {
    std::sort(runs.begin(), runs.end(), [](const HostRun& a, const HostRun& b) {
      return a.at_s < b.at_s || (a.at_s == b.at_s && a.command < b.command);
    });
    add_pairs(runs, options.within_s, pairs);
  }
  std::vector<RunSequence> sequences;
  for (auto& [commands, runs] : pairs) {
    if (runs.size() < options.min_support) continue;
    double expected = 0;
    for (std::size_t host = 0; host < hosts; ++host)
      expected += counts[commands.first][host] * counts[commands.second][host] * options.within_s /
                  length_s;
    if (static_cast<double>(runs.size()) < options.min_lift * expected) continue;
    std::sort(runs.begin(), runs.end());
    sequences.push_back({commands.first, commands.second, std::move(runs)});
  }
  return sequences;
}

}  // namespace foreshock::coordinator
