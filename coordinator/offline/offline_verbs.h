#pragma once

#include "coordinator/cli/live_verbs.h"

namespace foreshock::coordinator {

/// Adds the verbs that work on files, with no service running. Those that share their first word
/// with a verb of the running service become sub-verbs of it, so add_live_verbs() comes first. A
/// verb runs while the command line is parsed and leaves how it went in `exit_status`. `output` is
/// copied; what it and the others refer to outlives `app`.
void add_offline_verbs(CLI::App& app, const CliOutput& output, ExitStatus& exit_status);

}  // namespace foreshock::coordinator
