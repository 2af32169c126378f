#pragma once

#include <string>

#include "agent/status/agent_status.h"
#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"

namespace foreshock::agent {

/// /status (JSON), /metrics (Prometheus text) and /healthz (200, or 503 with the reason) on a Unix
/// socket.
class StatusServer {
 public:
  /// Both outlive the server.
  StatusServer(const Snapshot<AgentStatus>& status, const MetricRegistry& metrics);

  /// See HttpServer::listen_unix().
  Result<void> listen(const std::string& socket_path, const std::string& group);
  void stop() { server_.stop(); }

 private:
  HttpServer server_;
};

}  // namespace foreshock::agent
