#pragma once

#include <functional>
#include <string_view>
#include <vector>

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

/// Verbs that are made together.
struct VerbGroup {
  std::vector<std::string_view> names;  ///< of the verbs: the first words that ask for one of them
  std::function<void(CLI::App&)> add;
};

/// Adds the groups that `first_word` asks for, or all of them where it asks for none: their help
/// lists them, and an error looks among them. To make the options of every verb takes longer than
/// a short verb runs.
void add_verbs(CLI::App& app, const std::vector<VerbGroup>& groups, std::string_view first_word);

/// Parses and thereby runs. The status of the verb, `usage` for a wrong command line, `success` for
/// --help.
int run_cli(CLI::App& app, int argc, const char* const* argv, const ExitStatus& exit_status);

}  // namespace foreshock::coordinator
