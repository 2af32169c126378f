#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

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
  std::string config_path = kDefaultConfigPath;
  std::string socket_path = CoordinatorConfig().admin_socket;
  const auto add_serve = [&](CLI::App& to) {
    CLI::App* verb = to.add_subcommand("serve", "Run the service");
    verb->set_help_flag();  // it is the service that knows its options
    verb->allow_extras();
    verb->callback([&] { status = serve(argv); });
  };
  const auto add_support_bundle = [&](CLI::App& to) {
    CLI::App* verb = to.add_subcommand(
        "support-bundle", "Print what somebody who helps needs to know, without secrets");
    verb->add_option("--config", config_path, "Configuration file")->capture_default_str();
    verb->add_option("--socket", socket_path, "The service's admin socket")->capture_default_str();
    verb->callback([&] {
      std::cout << make_support_bundle(read_coordinator_config(config_path), socket_path);
    });
  };
  std::vector<VerbGroup> verbs = {{{"serve"}, add_serve}, {{"support-bundle"}, add_support_bundle}};
  const CliOutput output{std::cout, std::cerr, read_text_style(STDOUT_FILENO)};
  const auto read_signature_rules =
      [](const std::string& path) -> Result<std::vector<SignatureRule>> {
    FS_TRY(auto config, read_coordinator_config(path));
    return std::move(config.signature_rules);
  };
  std::ranges::move(live_verbs(output, status), std::back_inserter(verbs));
  std::ranges::move(offline_verbs(output, status, read_signature_rules), std::back_inserter(verbs));
  add_verbs(app, verbs, argc > 1 ? argv[1] : "");
  return run_cli(app, argc, argv, status);
}
