#include "coordinator/lead/long_leads.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/signature/script_words.h"
#include "coordinator/lead/command_words.h"
#include "coordinator/lead/lead_knowledge.h"
#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostWords = 64;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// The grid's history, and which series and signatures its numbers stand for.
struct NumberedHistory {
  LeadHistory history;
  std::vector<const Series*> loads;
  std::vector<std::vector<const SignatureRuns*>> signatures;  ///< by command
  std::map<HostId, std::size_t> hosts;
};

void add_loads(const std::vector<Series>& series, NumberedHistory& numbered) {
  for (const Series& one : series) {
    if (!one.key.workload.cgroup.empty()) continue;
    numbered.hosts.emplace(one.key.workload.host, numbered.loads.size());
    numbered.history.home.push_back(numbered.loads.size());
    numbered.loads.push_back(&one);
  }
  for (const Series& one : series) {
    const auto host = numbered.hosts.find(one.key.workload.host);
    if (one.key.workload.cgroup.empty() || host == numbered.hosts.end()) continue;
    numbered.history.home.push_back(host->second);
    numbered.loads.push_back(&one);
  }
  for (const Series* one : numbered.loads) numbered.history.loads.push_back(one->values);
}

void add_commands(const std::vector<SignatureRuns>& runs, NumberedHistory& numbered) {
  const WallTime start = numbered.loads.front()->start;
  std::map<std::string, std::size_t> commands;
  for (const SignatureRuns& one : runs) {
    const auto host = numbered.hosts.find(one.host);
    if (host == numbered.hosts.end()) continue;
    const CommandMeant meant = parse_command_meant(split_shell_words(one.signature, kMostWords));
    const auto [command, is_new] =
        commands.try_emplace(meant.identity(), numbered.history.commands.size());
    if (is_new) {
      numbered.history.commands.push_back({meant.program, meant.script, {}});
      numbered.signatures.emplace_back();
    }
    numbered.signatures[command->second].push_back(&one);
    for (const WallTime at : one.starts)
      numbered.history.commands[command->second].runs.push_back(
          {seconds(at - start), host->second, {}});
  }
  for (CommandRuns& command : numbered.history.commands) {
    std::stable_sort(command.runs.begin(), command.runs.end(),
                     [](const CommandRun& a, const CommandRun& b) { return a.at_s < b.at_s; });
  }
}

/// Heights on other targets count in shares of what is usual there.
Quantiles effects_on(std::size_t target, const LeadResponse& response) {
  std::vector<double> heights;
  for (const LeadOutcome& outcome : response.outcomes) {
    const double usual = response.usual_load[outcome.target];
    if (!outcome.followed || !(outcome.target == target || usual > 0)) continue;
    heights.push_back(outcome.target == target
                          ? outcome.height
                          : outcome.height / usual * response.usual_load[target]);
  }
  std::sort(heights.begin(), heights.end());
  Quantiles effects{};
  for (std::size_t i = 0; i < effects.size() && !heights.empty(); ++i)
    effects[i] = quantile_of_sorted(heights, kQuantileLevels[i]);
  return effects;
}

LeadCommand describe(const LearnedLead& lead, const SignatureRuns& signature, std::size_t target,
                     const NumberedHistory& numbered) {
  const LeadResponse& response = lead.response;
  LeadCommand command;
  command.signature = signature.signature;
  command.base_names = signature.base_names;
  command.source_host = signature.host;
  command.target = numbered.loads[target]->key;
  command.lag_s = response.lag_s;
  command.lag_spread_s = (response.lag_high_s - response.lag_low_s) / 2;
  command.duration_s = response.duration_s;
  command.effect_quantiles = effects_on(target, response);
  command.effect = quantile_at(command.effect_quantiles, 0.5);
  command.support = response.outcomes.size();
  command.precision = response.probability;
  command.lift = response.lift();
  command.p_value = lead.found.p_value;
  command.q_value = lead.found.q_value;
  command.response = response.curve;
  command.response_step_s = numbered.history.step_s;
  command.response_from_s =
      -static_cast<double>(LeadResponse::kCurveBefore) * numbered.history.step_s;
  return command;
}

}  // namespace

std::vector<LeadCommand> find_long_leads(const std::vector<Series>& series,
                                         const std::vector<SignatureRuns>& runs,
                                         const LeadSearchOptions& options) {
  NumberedHistory numbered;
  add_loads(series, numbered);
  if (numbered.loads.empty()) return {};
  numbered.history.step_s = seconds(numbered.loads.front()->step);
  add_commands(runs, numbered);
  const LeadKnowledge knowledge(numbered.history, options);
  std::vector<LeadCommand> leads;
  for (const LearnedLead& lead : knowledge.leads()) {
    if (lead.found.previous) continue;
    for (const SignatureRuns* signature : numbered.signatures[lead.found.command]) {
      const std::size_t host = numbered.hosts.at(signature->host);
      if (lead.found.source && *lead.found.source != host) continue;
      const std::size_t target = lead.found.target.value_or(host);
      const bool is_same_host = numbered.history.home[target] == host;
      if (lead.found.target && numbered.history.is_host(target) == is_same_host) continue;
      leads.push_back(describe(lead, *signature, target, numbered));
    }
  }
  return leads;
}

}  // namespace foreshock::coordinator
