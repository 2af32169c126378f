#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/decide/decision_log.h"
#include "coordinator/history/history_store.h"
#include "coordinator/ingest/agent_directory.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/live_view.h"
#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

// Values as the bodies of replies. Pure. Times are UTC ISO 8601 or null, amounts carry their unit
// in the name.

/// Names of hosts by their number; one that is not in it shows as "#7".
using HostNames = std::map<HostId, std::string>;

struct StatusView {
  WallTime now;
  std::string endpoint;
  std::string public_key;
  const LiveView& live;
  const LearnedState& learned;
  const std::vector<Policy>& policies;
  const std::vector<AgentRow>& agents;
  SignatureUse signatures;
};
std::string render_status(const StatusView& view);

std::string render_hosts(const std::vector<HostRow>& hosts, const LiveView& live);
std::string render_workloads(const std::vector<WorkloadRow>& workloads, const LiveView& live,
                             const std::vector<Tag>& tags, const HostNames& names);
std::string render_commands(const std::vector<ExecutionRow>& executions, const HostNames& names);
std::string render_leads(const std::vector<LeadCommand>& leads, const HostNames& names,
                         bool with_response);
std::string render_tags(const std::vector<Tag>& tags, const HostNames& names);
std::string render_policies(const std::vector<Policy>& policies);
std::string render_decisions(const std::vector<DecisionRow>& decisions);
/// With the details as they were recorded, and `text`: the same for people.
std::string render_decision(const DecisionRow& decision, const std::string& text);
/// The reflexes of these hosts, as they report them.
std::string render_reflexes(const std::vector<LiveView::Host>& hosts, const std::string& cgroup);
std::string render_agents(const std::vector<AgentRow>& agents);
std::string render_agent(const AgentRow& agent);

/// Several workloads taken together.
struct PoolView {
  std::string name;           ///< "the tag role=web", "user 1000"
  std::size_t workloads = 0;  ///< 0: it is not made of workloads
  std::size_t hosts = 0;
};

struct ForecastView {
  SeriesKey key;
  std::string host_name;
  bool moved;  ///< by commands that were seen since it was learned
  const std::vector<ModelScore>& scores;
  std::optional<Series> recent;       ///< what led up to it
  std::optional<PoolView> pool = {};  ///< instead of host and workload
};
std::string render_forecast(const ForecastView& view, const Forecast& forecast);
/// `ready_at` zero: not known.
std::string render_not_yet(const ForecastView& view, const NotYet& not_yet);

/// "host:/cgroup:quantity", the host by its name.
std::string describe_series(const SeriesKey& key, const HostNames& names);

}  // namespace foreshock::coordinator
