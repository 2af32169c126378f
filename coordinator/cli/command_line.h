#pragma once

namespace CLI {
class App;
}

namespace foreshock::coordinator {

enum class ExitStatus : int {
  success = 0,
  failure = 1,      ///< the service answered with an error
  usage = 2,        ///< the command line or the configuration is wrong
  not_running = 3,  ///< no service behind the socket
};

/// Parses and thereby runs. The status of the verb, `usage` for a wrong command line, `success` for
/// --help.
int run_cli(CLI::App& app, int argc, const char* const* argv, const ExitStatus& exit_status);

}  // namespace foreshock::coordinator
