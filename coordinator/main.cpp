#include <cstdio>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <signal.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/os/event_loop.h"
#include "coordinator/cli/live_verbs.h"
#include "coordinator/coordinator.h"
#include "coordinator/offline/offline_verbs.h"
#include "coordinator/support_bundle.h"

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
  CLI::App app{"Learns which commands precede load, and acts before it arrives."};
  app.set_version_flag("--version", FORESHOCK_VERSION);
  app.require_subcommand(1);

  auto status = ExitStatus::success;
  std::string config_path = kDefaultConfigPath;
  bool only_check = false;
  CLI::App* verb = app.add_subcommand("serve", "Run the service");
  verb->add_option("--config", config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--check-config", only_check, "Check the configuration and exit");
  verb->callback([&] { status = serve(config_path, only_check); });
  std::string socket_path = CoordinatorConfig().admin_socket;
  CLI::App* support = app.add_subcommand(
      "support-bundle", "Print what somebody who helps needs to know, without secrets");
  support->add_option("--config", config_path, "Configuration file")->capture_default_str();
  support->add_option("--socket", socket_path, "The service's admin socket")->capture_default_str();
  support->callback(
      [&] { std::cout << make_support_bundle(read_coordinator_config(config_path), socket_path); });
  const CliOutput output{std::cout, std::cerr, read_text_style(STDOUT_FILENO)};
  add_live_verbs(app, output, status);
  add_offline_verbs(app, output, status,
                    [](const std::string& path) -> Result<std::vector<SignatureRule>> {
                      FS_TRY(auto config, read_coordinator_config(path));
                      return std::move(config.signature_rules);
                    });
  return run_cli(app, argc, argv, status);
}
