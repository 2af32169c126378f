#pragma once

#include <cstddef>
#include <vector>

#include "coordinator/lead/lead_history.h"

namespace foreshock::coordinator {

struct RunSequenceOptions {
  double within_s = 600;
  std::size_t min_support = 6;
  /// So many times as often as independent commands would.
  double min_lift = 3;
};

/// A command that runs after another one on the same host.
struct RunSequence {
  std::size_t first = 0;
  std::size_t second = 0;
  std::vector<std::size_t> runs;  ///< of the second that follow the first, ascending
};

/// The ordered pairs of commands that follow each other more often than chance has it. Pure; O(runs
/// × runs within the window). Commands that run all the time (more than once per `within_s` on a
/// host) precede everything and begin no sequence.
std::vector<RunSequence> find_run_sequences(const LeadHistory& history,
                                            const RunSequenceOptions& options);

}  // namespace foreshock::coordinator
