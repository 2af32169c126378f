#pragma once

#include <iosfwd>
#include <string>

#include "common/text/text_table.h"

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

/// Where verbs write, and how it looks there.
struct CliOutput {
  std::ostream& out;
  std::ostream& err;
  TextStyle style;
};

/// Adds the verbs that ask the running service over its admin socket: status hosts workloads
/// commands top storms leads forecast accuracy anomalies calendars users profile models (list,
/// show, compare, pin, unpin, roll-back, retrain) tags policies decisions (list, explain) demand
/// reflexes agents (list, approve, revoke). Each takes --socket and --json. A verb runs while the
/// command line is parsed and leaves how it went in `exit_status`. `output` is copied; what it and
/// the others refer to outlives `app`.
void add_live_verbs(CLI::App& app, const CliOutput& output, ExitStatus& exit_status);

/// Parses and thereby runs. The status of the verb, `usage` for a wrong command line, `success` for
/// --help.
int run_cli(CLI::App& app, int argc, const char* const* argv, const ExitStatus& exit_status);

}  // namespace foreshock::coordinator
