#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/lead/lead_history.h"
#include "coordinator/lead/onset_evidence.h"
#include "coordinator/lead/response_scan.h"

namespace foreshock::coordinator {

struct LeadSearchOptions {
  double min_lag_s = 60;
  double max_lag_s = 3 * 3600;
  std::size_t min_support = 6;  ///< runs
  double false_discovery_rate = 0.05;
  /// Share of the runs that load follows beyond chance. Of the recent ones: evidence decays.
  double min_probability = 0.15;
  /// Two commands are a sequence when the second runs within this after the first.
  double sequence_s = 600;
  std::uint64_t seed = 1;  ///< of the draws of chance: the same input gives the same answer
};

/// A command, or a command after another one, that load follows.
struct FoundLead {
  std::size_t command = 0;
  std::optional<std::size_t> previous;  ///< only the runs that follow a run of this one count
  std::optional<std::size_t> source;    ///< host; absent: wherever it runs
  std::optional<std::size_t> target;    ///< host; absent: the host where it runs
  /// Of the command's runs those that count, ascending in time, and the hosts whose load follows.
  std::vector<std::size_t> runs;
  std::vector<ScannedRun> scanned;
  ResponsePeak peak;
  double p_value = 1;
  double q_value = 1;
};

/// Finds the commands that foretell load: on their own host or on another one, alone or as the
/// second of two. Pure, deterministic.
///
/// Candidates are scanned for a lag at which load begins surprisingly often (ResponseScan) and
/// tested against chance. Then the best explanation is taken, what it explains is silenced, all
/// others are scanned anew, and so on while the false-discovery rate allows (matching pursuit): a
/// sibling that often runs beside a lead, an interpreter, a cron job that runs at the hours of
/// another one's load, and the first half of a sequence have nothing left to explain then. Not
/// leads: commands that load precedes better than it follows them.
///
/// @param evidence  one a host of the history, in the same order; silenced as leads are found.
/// Sources: Mallat & Zhang, "Matching pursuits" (1993); Benjamini & Hochberg (1995).
std::vector<FoundLead> search_leads(const LeadHistory& history, std::vector<OnsetEvidence> evidence,
                                    const LeadSearchOptions& options);

}  // namespace foreshock::coordinator
