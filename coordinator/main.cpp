#include <cstdio>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "common/os/own_program.h"
#include "coordinator/cli/live_verbs.h"
#include "coordinator/coordinator_config.h"
#include "coordinator/offline/offline_verbs.h"
#include "coordinator/support_bundle.h"

namespace {

using namespace foreshock;
using namespace foreshock::coordinator;

ExitStatus fail(const Error& error) {
  std::fprintf(stderr, "foreshock-coordinator: %s\n", error.message().c_str());
  return ExitStatus::failure;
}

/// Becomes the service, a program of its own that reads the same command line: it needs a dozen
/// libraries that no verb does. Comes back only where that failed.
ExitStatus serve(char** argv) {
  const auto service = find_own_program("foreshock-coordinator-serve");
  ::execv(service.c_str(), argv);
  return fail(error_from_errno("run " + service));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Learns which commands precede load, and acts before it arrives."};
  app.set_version_flag("--version", FORESHOCK_VERSION);
  app.require_subcommand(1);

  auto status = ExitStatus::success;
  CLI::App* verb = app.add_subcommand("serve", "Run the service");
  verb->set_help_flag();  // it is the service that knows its options
  verb->allow_extras();
  verb->callback([&] { status = serve(argv); });
  std::string config_path = kDefaultConfigPath;
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
