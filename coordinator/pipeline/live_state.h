#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/model/report.h"
#include "coordinator/lead/lead_finder.h"
#include "coordinator/model/live_view.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// The newest of everything that reports said: what decisions look at. Values in, values out; one
/// thread.
class LiveState {
 public:
  /// One look at a workload as rates.
  struct Point {
    WallTime time;
    std::optional<double> cpu_cores;
    std::optional<std::uint64_t> memory_bytes;  ///< working set where the host offers it
    bool throttled = false;  ///< time was spent waiting for quota since the sample before
  };
  struct WorkloadState {
    Workload workload;
    WorkloadSample sample;  ///< the newest
    WallTime time;
    std::deque<Point> recent;  ///< newest last, the last minute
  };

  /// A report of a host, in any order; an older one than what is known changes nothing but losses.
  void on_report(HostId host, const std::string& public_key, const Report& report);
  /// A command was seen, by its urgent copy or in its batch; the second sighting of the same one is
  /// ignored and answered with false.
  bool on_sighting(const LeadCommand& lead, HostId host, const BootId& boot,
                   const Execution& execution, WallTime exec_time);
  /// The limit is known to be this now, ahead of the next sample.
  void on_limit(HostId host, const std::string& cgroup, Knob knob, KnobValue value);

  std::optional<HostId> host_of(const std::string& public_key) const;
  const LiveView::Host* find_host(HostId host) const;
  /// Those whose reflexes are known, because they have reported since the start.
  std::vector<LiveView::Host> hosts_with_reflexes() const;
  bool knows_reflexes_of(HostId host) const;
  const std::map<Workload, WorkloadState>& workloads() const { return workloads_; }

  /// Sightings of leads of this series whose load may still be ahead or under way.
  std::vector<LeadSighting> sightings_for(const SeriesKey& key, WallTime now) const;
  std::uint64_t losses_last_minute(HostId host, WallTime now) const;

  /// Forgets workloads that were not seen for five minutes and sightings that are over.
  void forget_old(WallTime now);
  LiveView view(WallTime now) const;

 private:
  struct HostState {
    LiveView::Host host;
    std::optional<HostSample> last_sample;
    std::optional<BootId> boot;
    std::optional<BootTime> agent_told;
    std::optional<WallTime> reflexes_at;
    WallTime upcoming_told;
    std::deque<std::pair<WallTime, std::uint64_t>> losses;
  };
  using ExecutionKey = std::tuple<HostId, BootId, ProcessKey, BootTime, std::string>;

  static void on_agent_use(HostState& state, const AgentUse& use, BootTime time);
  void on_host_sample(HostState& state, const HostSample& sample);

  std::map<HostId, HostState> hosts_;
  std::map<std::string, HostId> host_ids_;
  std::map<Workload, WorkloadState> workloads_;
  std::deque<LeadSighting> sightings_;
  std::set<ExecutionKey> sighted_;
  std::deque<ExecutionKey> sighted_order_;
  std::uint64_t reports_ = 0;
  std::uint64_t executions_ = 0;
};

}  // namespace foreshock::coordinator
