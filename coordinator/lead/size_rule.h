#pragma once

#include <optional>
#include <vector>

#include "coordinator/lead/lead_response.h"

namespace foreshock::coordinator {

/// The numeric argument that the size of the load goes with, if one does: of all arguments that
/// enough runs have, the one that the uplift rises with most clearly (Kendall's tau), with a
/// straight line through it that outliers do not move. @param runs  of the lead's command, which
/// the outcomes index.
std::optional<SizeRule> find_size_rule(const LeadResponse& response,
                                       const std::vector<CommandRun>& runs);

/// The value of `argument`, if the run has it.
std::optional<double> value_of(const CommandRun& run, const std::string& argument);

}  // namespace foreshock::coordinator
