#include "agent/status/status_server.h"

#include "agent/status/status_page.h"

namespace foreshock::agent {

StatusServer::StatusServer(const Snapshot<AgentStatus>& status, const MetricRegistry& metrics) {
  server_.route("GET", "/status", [&status](const HttpRequest&) {
    return HttpResponse{200, render_status_json(*status.read()) + "\n", "application/json"};
  });
  server_.route("GET", "/metrics", [&metrics](const HttpRequest&) {
    return HttpResponse{200, metrics.render(), "text/plain; version=0.0.4"};
  });
  server_.route("GET", "/healthz", [&status](const HttpRequest&) {
    const auto problem = find_problem(*status.read());
    return problem ? HttpResponse{503, *problem + "\n", "text/plain"}
                   : HttpResponse{200, "ok\n", "text/plain"};
  });
}

Result<void> StatusServer::listen(const std::string& socket_path, const std::string& group) {
  return server_.listen_unix(socket_path, group);
}

}  // namespace foreshock::agent
