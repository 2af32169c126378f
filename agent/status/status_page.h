#pragma once

#include <string>

#include "agent/status/agent_status.h"
#include "common/base/clock.h"
#include "common/model/report.h"

namespace foreshock::agent {

/// The body of GET /status. Times are UTC ISO 8601, amounts carry their unit in the name. Pure.
std::string render_status_json(const AgentStatus& status);

/// One execution as a line of JSON without a newline: as /status has it and as `capture --json`
/// prints it. Pure.
std::string render_execution_json(const Execution& execution, Nanoseconds wall_minus_boot);

}  // namespace foreshock::agent
