#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace foreshock::coordinator {

inline constexpr double kUnknownLoad = std::numeric_limits<double>::quiet_NaN();

/// A number given as an argument: `--jobs=8` is {"--jobs", 8}, `-j4` is {"-j", 4}.
struct NumericArgument {
  std::string name;
  double value = 0;
  bool operator==(const NumericArgument&) const = default;
};

/// One run of a command. Times are seconds after the start of the history.
struct CommandRun {
  double at_s = 0;
  std::size_t host = 0;
  std::vector<NumericArgument> arguments;
};

/// All known runs of one command; ascending in time.
struct CommandRuns {
  std::string program;  ///< base name of the executable that is meant
  std::string script;   ///< what an interpreter runs; else empty
  std::vector<CommandRun> runs;
};

/// What the search for lead commands learns from: the load of each host on one grid of steps, and
/// the commands that ran. `loads[host][step]` covers [step, step + 1) · step_s; NaN where nothing
/// is known; all hosts have the same number of steps.
struct LeadHistory {
  double step_s = 60;
  std::vector<std::vector<double>> loads;
  /// The first loads are those of the hosts; others belong to something on a host, `home[load]`.
  /// Empty: all are of hosts.
  std::vector<std::size_t> home;
  std::vector<CommandRuns> commands;

  std::size_t steps() const { return loads.empty() ? 0 : loads.front().size(); }
  bool is_host(std::size_t load) const { return home.empty() || home[load] == load; }
};

}  // namespace foreshock::coordinator
