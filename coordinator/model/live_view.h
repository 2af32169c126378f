#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/agent_use.h"
#include "common/model/reflex.h"
#include "common/model/resource_sample.h"
#include "common/model/upcoming_command.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"
#include "coordinator/model/session.h"

namespace foreshock::coordinator {

/// The newest of everything, as the pipeline sees it; published about once a second.
struct LiveView {
  struct Host {
    HostId id = 0;
    std::string name;
    std::string public_key;
    std::string agent_version;
    WallTime last_report;
    double cpu_cores = 0;  ///< in use, over the last two samples
    std::uint32_t cpu_count = 0;
    std::uint64_t memory_used_bytes = 0;
    std::uint64_t memory_total_bytes = 0;
    std::uint64_t losses_last_minute = 0;
    std::optional<AgentUse> agent;          ///< what the agent itself uses, as last reported
    std::optional<double> agent_cpu_cores;  ///< between its last two reports
    std::vector<ReflexState> reflexes;      ///< as last reported
    std::vector<UpcomingCommand> upcoming;  ///< as told last, in the order of time
  };
  struct LiveWorkload {
    Workload workload;
    WallTime time;
    double cpu_cores = 0;
    bool throttled = false;
    WorkloadSample sample;
  };

  /// Why reports cannot be written down, and so are not acknowledged: agents keep them meanwhile.
  struct HistoryProblem {
    WallTime since;
    std::string what;
  };

  WallTime published;
  std::uint64_t epoch = 0;
  std::optional<HistoryProblem> history_problem;  ///< nullopt when the last write succeeded
  std::vector<Host> hosts;
  std::vector<LiveWorkload> workloads;
  /// Forecasts as they stand with the commands seen until now, for series that a policy looks at.
  std::map<SeriesKey, Forecast> forecasts;
  std::vector<Session> sessions;  ///< under way, newest first
  std::uint64_t reports = 0;      ///< since the start
  std::uint64_t executions = 0;
  std::uint64_t commands_in_flight = 0;
};

}  // namespace foreshock::coordinator
