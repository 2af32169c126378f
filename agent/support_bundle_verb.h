#pragma once

#include <string>

#include "agent/agent_config.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// `foreshock-agent support-bundle`: versions, configuration, what the host offers, the running
/// service's status and counters, limits that wait to be restored, and the log, as one text.
/// `config` may be an error, which is then part of it.
std::string make_support_bundle(const Result<AgentConfig>& config, const std::string& socket_path);

}  // namespace foreshock::agent
