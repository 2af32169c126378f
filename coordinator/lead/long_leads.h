#pragma once

#include <vector>

#include "coordinator/lead/lead_search.h"
#include "coordinator/model/lead.h"
#include "coordinator/model/series.h"
#include "coordinator/model/signature_runs.h"

namespace foreshock::coordinator {

/// Finds lead commands over days of history in coarse steps: what find_leads() does over hours for
/// lags of seconds, search_leads() does here for lags of minutes to hours. Commands of one program
/// and script are one, whatever their arguments; each of their signatures is a lead then.
///
/// @param series  of one grid (start, step, length), NaN where unknown: loads of whole hosts, and
/// of workloads on them. A workload's host must be among them.
/// @return leads of one command (of two commands in a sequence none: whoever acts sees one at a
/// time), best explained first. Pure, deterministic.
std::vector<LeadCommand> find_long_leads(const std::vector<Series>& series,
                                         const std::vector<SignatureRuns>& runs,
                                         const LeadSearchOptions& options);

}  // namespace foreshock::coordinator
