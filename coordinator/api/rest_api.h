#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "coordinator/api/json_views.h"
#include "coordinator/decide/decision_log.h"
#include "coordinator/history/history_store.h"
#include "coordinator/ingest/agent_directory.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/live_view.h"
#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

/// The administration API: GET
/// /v1/{status,hosts,workloads,commands,leads,forecast,tags,policies,decisions,
/// decisions/:id,reflexes,agents}, POST /v1/agents/:key/{approve,revoke}, GET /metrics, /healthz.
/// JSON; times are UTC ISO 8601, amounts carry their unit in the name. What is not about these has a
/// group of routes of its own (`*_routes.h`). Parameters that are wrong or not known are 400 and
/// named. Borrowed parts outlive it, and it outlives the server. Any thread: the readers, which
/// belong to one thread at a time, are used under a mutex.
class RestApi {
 public:
  struct Parts {
    HistoryReader& history;
    DecisionReader& decisions;
    AgentDirectory& agents;
    const Snapshot<LearnedState>& learned;
    const Snapshot<LiveView>& live;
    const Snapshot<std::vector<Policy>>& policies;
    MetricRegistry& metrics;
    const Clock& clock;
    /// A decision as a page for people (explain() of coordinator/decide/explanation.h).
    std::function<Result<std::string>(const DecisionRow&)> explain;
    std::string endpoint;    ///< where agents connect
    std::string public_key;  ///< the coordinator's, for agents' configuration
  };
  explicit RestApi(Parts parts);
  void add_routes(HttpServer& server);
  /// As the history has them now; for the other groups of routes.
  Result<HostNames> host_names();

 private:
  using Body = Result<std::string>;

  Body get_status(const HttpRequest& request);
  Body get_hosts(const HttpRequest& request);
  Body get_workloads(const HttpRequest& request);
  Body get_commands(const HttpRequest& request);
  Body get_leads(const HttpRequest& request);
  Body get_forecast(const HttpRequest& request);
  Body get_tags(const HttpRequest& request);
  Body get_policies(const HttpRequest& request);
  Body get_decisions(const HttpRequest& request);
  Body get_decision(const HttpRequest& request);
  Body get_reflexes(const HttpRequest& request);
  Body get_agents(const HttpRequest& request);
  Body approve_agent(const HttpRequest& request);
  Body revoke_agent(const HttpRequest& request);
  HttpResponse get_health() const;

  void add_route(HttpServer& server, const char* method, const char* pattern,
                 Body (RestApi::*handler)(const HttpRequest&));

  Parts parts_;
  std::mutex readers_mutex_;  ///< guards parts_.history and parts_.decisions
};

}  // namespace foreshock::coordinator
