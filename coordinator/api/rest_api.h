#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "coordinator/decide/decision_log.h"
#include "coordinator/history/history_store.h"
#include "coordinator/ingest/agent_directory.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/live_view.h"
#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

/// The administration API: GET /v1/{status,hosts,workloads,commands,leads,forecast,tags,policies,decisions,
/// decisions/:id,agents}, POST /v1/agents/:key/{approve,revoke}, GET /metrics, /healthz. JSON; times are UTC
/// ISO 8601, amounts carry their unit in the name. Borrowed parts outlive it. Any thread: the readers, which
/// belong to one thread at a time, are used under a mutex.
class RestApi {
 public:
  struct Parts {
    HistoryReader& history;
    DecisionReader& decisions;
    AgentDirectory& agents;
    const Snapshot<LearnedState>& learned;
    const Snapshot<LiveView>& live;
    const std::vector<Policy>& policies;
    MetricRegistry& metrics;
    const Clock& clock;
    std::string endpoint;    ///< where agents connect
    std::string public_key;  ///< the coordinator's, for agents' configuration
  };
  explicit RestApi(Parts parts);
  void add_routes(HttpServer& server);

 private:
  Parts parts_;
  std::mutex readers_mutex_;
};

}  // namespace foreshock::coordinator
