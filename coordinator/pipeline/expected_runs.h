#pragma once

#include <vector>

#include "common/base/clock.h"
#include "common/model/upcoming_command.h"
#include "common/signature/signature_rules.h"
#include "coordinator/lead/lead_finder.h"
#include "coordinator/model/lead.h"

namespace foreshock::coordinator {

/// The name that a scheduled command will have when it runs: crontabs and `at` hand their line to a
/// shell, timers run theirs as it is.
Signature signature_of(const UpcomingCommand& upcoming, const SignatureRules& rules);

/// Runs of these lead commands that the schedulers of `host` have planned within (from, to]. They
/// act before the command does; what comes with the schedule's own slack (a minute of a timer, a
/// second of cron) spreads when. Pure.
std::vector<LeadSighting> expected_runs(const std::vector<LeadCommand>& leads, HostId host,
                                        const std::vector<UpcomingCommand>& upcoming,
                                        const SignatureRules& rules, WallTime from, WallTime to);

}  // namespace foreshock::coordinator
