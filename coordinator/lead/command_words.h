#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/lead/lead_history.h"

namespace foreshock::coordinator {

/// What a command line runs, as the search for leads keys on it.
struct CommandMeant {
  std::string program;  ///< base name, behind wrappers and `bash -c`; "" when there is none
  std::string script;   ///< base name of what an interpreter runs, or of a script run directly
  std::vector<NumericArgument> arguments;

  /// Equal for `python3 /opt/x/train.py` and `./train.py`: a script is one command however it is
  /// started.
  const std::string& identity() const { return script.empty() ? program : script; }
};

/// @param command  argv[0]; @param arguments  the rest as a shell would take it.
CommandMeant parse_command_meant(std::string_view command, std::string_view arguments);
/// The same of words.
CommandMeant parse_command_meant(const std::vector<std::string_view>& words);

}  // namespace foreshock::coordinator
