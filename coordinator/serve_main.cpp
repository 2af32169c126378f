#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <signal.h>

#include "common/base/log.h"
#include "common/os/event_loop.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/coordinator.h"

namespace {

using namespace foreshock;
using namespace foreshock::coordinator;

ExitStatus fail(const Error& error, ExitStatus status = ExitStatus::failure) {
  std::fprintf(stderr, "foreshock-coordinator: %s\n", error.message().c_str());
  return status;
}

ExitStatus serve(const std::string& config_path, bool only_check) {
  // Before the first thread, so that only the event loop gets them.
  if (const auto blocked = block_signals({SIGTERM, SIGINT, SIGHUP, SIGPIPE}); !blocked)
    return fail(blocked.error());
  auto config = read_coordinator_config(config_path);
  // Trying again is of no use before a person has acted.
  if (!config) return fail(config.error(), ExitStatus::usage);
  if (only_check) {
    std::printf("%s: ok, %zu policies, %zu reflexes, %zu tag rules\n", config_path.c_str(),
                config->policies.size(), config->reflex_rules.size(), config->tag_rules.size());
    return ExitStatus::success;
  }
  start_log(parse_log_level(config->log_level));
  auto coordinator = Coordinator::make(*std::move(config));
  if (!coordinator) return fail(coordinator.error());
  const auto ran = (*coordinator)->run();
  return ran ? ExitStatus::success : fail(ran.error());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Learns which commands precede load, and acts before it arrives.",
               "foreshock-coordinator"};
  app.require_subcommand(1);
  auto status = ExitStatus::success;
  std::string config_path = kDefaultConfigPath;
  bool only_check = false;
  CLI::App* verb = app.add_subcommand("serve", "Run the service");
  verb->add_option("--config", config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--check-config", only_check, "Check the configuration and exit");
  verb->callback([&] { status = serve(config_path, only_check); });
  return run_cli(app, argc, argv, status);
}
