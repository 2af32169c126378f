#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// How a workload behaved lately, as far as tags can be learned from it.
struct WorkloadProfile {
  struct Command {
    std::string signature;
    double cpu_s = 0;
    std::uint64_t ended = 0;
    std::uint64_t running = 0;  ///< the most at one time
  };

  Workload workload;
  std::vector<Command> commands;
  std::size_t executions = 0;
  std::size_t with_terminal = 0;         ///< of the executions
  std::vector<double> cpu_cores;         ///< evenly spaced, oldest first; NaN: not known
  double available_cores = 0;            ///< its limit, else the host's processors; 0: not known
  std::optional<double> accepted_per_s;  ///< connections from clients
  std::optional<double> service_time_s;  ///< 95th percentile
};

}  // namespace foreshock::coordinator
