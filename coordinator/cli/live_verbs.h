#pragma once

#include <iosfwd>
#include <vector>

#include "common/text/text_table.h"
#include "coordinator/cli/command_line.h"

namespace foreshock::coordinator {

/// Where verbs write, and how it looks there.
struct CliOutput {
  std::ostream& out;
  std::ostream& err;
  TextStyle style;
};

/// The verbs that ask the running service over its admin socket: status hosts workloads
/// commands top storms leads forecast accuracy anomalies calendars users profile models (list,
/// show, compare, pin, unpin, roll-back, retrain) tags policies decisions (list, explain) demand
/// reflexes agents (list, approve, revoke). Each takes --socket and --json. A verb runs while the
/// command line is parsed and leaves how it went in `exit_status`. `output` is copied; what it and
/// `exit_status` refer to outlives the verbs.
std::vector<VerbGroup> live_verbs(const CliOutput& output, ExitStatus& exit_status);

}  // namespace foreshock::coordinator
