#include "coordinator/cli/command_line.h"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace foreshock::coordinator {

void add_verbs(CLI::App& app, const std::vector<VerbGroup>& groups, std::string_view first_word) {
  const auto is_asked_for = [first_word](const VerbGroup& group) {
    return std::ranges::find(group.names, first_word) != group.names.end();
  };
  const bool all = std::ranges::none_of(groups, is_asked_for);
  for (const auto& group : groups) {
    if (all || is_asked_for(group)) group.add(app);
  }
}

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
