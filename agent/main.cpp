#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <signal.h>

#include "agent/agent.h"
#include "agent/agent_config.h"
#include "agent/capture_verb/capture_verb.h"
#include "agent/check/preflight.h"
#include "agent/status/status_verb.h"
#include "common/base/log.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/wire/curve_keys.h"

namespace {

using namespace foreshock;
using namespace foreshock::agent;

int fail(const Error& error) {
  std::fprintf(stderr, "foreshock-agent: %s\n", error.message().c_str());
  return 1;
}

int run(const std::string& config_path, bool only_check) {
  // Before the first thread, so that only the event loop gets them.
  if (const auto blocked = block_signals({SIGTERM, SIGINT, SIGPIPE}); !blocked)
    return fail(blocked.error());
  auto config = read_agent_config(config_path);
  if (!config) return fail(config.error());
  if (only_check) {
    std::printf("%s: ok, %zu adjustable cgroup patterns\n", config_path.c_str(),
                config->guardrails.allowed.size());
    return 0;
  }
  start_log(parse_log_level(config->log_level));
  auto agent = Agent::make(*std::move(config));
  if (!agent) return fail(agent.error());
  const auto ran = (*agent)->run();
  return ran ? 0 : fail(ran.error());
}

int keygen(const std::string& state_directory) {
  if (const auto made = make_directories(state_directory, 0700); !made) return fail(made.error());
  const auto keys = create_key_file(state_directory + "/agent.key");
  if (!keys) return fail(keys.error());
  std::printf("%s\n", keys->public_key.c_str());
  return 0;
}

void add_run(CLI::App& app, int& status) {
  auto* verb = app.add_subcommand("run", "Run the service");
  static std::string config_path = kDefaultConfigPath;
  static bool only_check = false;
  verb->add_option("--config", config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--check-config", only_check, "Check the configuration and exit");
  verb->callback([&status] { status = run(config_path, only_check); });
}

void add_keygen(CLI::App& app, int& status) {
  auto* verb = app.add_subcommand("keygen", "Make this host's key pair; prints the public key");
  static std::string state_directory = AgentConfig().state_directory;
  verb->add_option("--state-directory", state_directory, "Where the key is kept")
      ->capture_default_str();
  verb->callback([&status] { status = keygen(state_directory); });
}

}  // namespace
