#include "coordinator/cli/command_line.h"

#include <CLI/CLI.hpp>

namespace foreshock::coordinator {

int run_cli(CLI::App& app, int argc, const char* const* argv, const ExitStatus& exit_status) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    // Prints the help that was asked for, or what is wrong.
    return app.exit(problem) == 0 ? static_cast<int>(ExitStatus::success)
                                  : static_cast<int>(ExitStatus::usage);
  }
  return static_cast<int>(exit_status);
}

}  // namespace foreshock::coordinator
