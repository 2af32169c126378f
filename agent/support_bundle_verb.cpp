#include "agent/support_bundle_verb.h"

#include <fmt/format.h>

#include "agent/check/preflight.h"
#include "common/base/clock.h"
#include "common/http/http_client.h"
#include "common/os/file.h"
#include "common/support/bundle.h"

namespace foreshock::agent {

namespace {

Result<std::string> body_of(const std::string& socket_path, const std::string& path) {
  FS_TRY(const auto reply, http_over_unix(socket_path, "GET", path));
  return reply.body;
}

}  // namespace

std::string make_support_bundle(const Result<AgentConfig>& config, const std::string& socket_path) {
  const AgentConfig used = config ? *config : AgentConfig();
  PreflightOptions options;
  options.state_directory = used.state_directory;
  options.pin_directory = used.pin_directory;
  options.ring = used.ring;

  SupportBundle bundle;
  bundle.add("version", fmt::format("foreshock-agent {}, {}", FORESHOCK_VERSION,
                                    format_utc(SystemClock().wall_now())));
  bundle.add("system", describe_system());
  bundle.add("configuration",
             config ? Result<std::string>(describe_configuration(config->values)) : config.error());
  bundle.add("check", render_text(run_preflight(options), {}));
  bundle.add("status", body_of(socket_path, "/status"));
  bundle.add("counters", body_of(socket_path, "/metrics"));
  bundle.add("limits to restore", read_file(used.journal_file()));
  bundle.add("log", read_unit_log("foreshock-agent"));
  return bundle.text();
}

}  // namespace foreshock::agent
