#pragma once

#include <string>

#include "agent/agent_config.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// `foreshock-agent restore`: puts back every limit that the agent has changed on this host, as its
/// undo journal remembers them, and takes what an agent that died left pinned out of the kernel.
/// Prints a line (or a JSON object) for each limit. For a service that is stopped, such as before
/// it is uninstalled: `conflict` while one runs.
/// Returns whether everything was put back.
Result<bool> run_restore(const AgentConfig& config, bool json);

}  // namespace foreshock::agent
