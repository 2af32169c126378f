#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/model/decision.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/policy.h"
#include "coordinator/pipeline/live_state.h"

namespace foreshock::coordinator {

/// Lays the facts before the planner, policy by policy and workload by workload, and remembers what
/// the planner must know of earlier turns. Pure apart from that memory; one thread.
class Deciding {
 public:
  /// The limit a command under way asks for, if there is one.
  using PendingValue =
      std::function<std::optional<KnobValue>(HostId, const std::string& cgroup, Knob)>;

  explicit Deciding(std::vector<Policy> policies);

  struct Turn {
    std::vector<Decision> decisions;  ///< worth recording: they change something, or a new reason
    std::map<SeriesKey, Forecast> forecasts;  ///< as decisions saw them, moved by the commands seen
  };
  /// `expected`: runs of lead commands that are planned.
  Turn decide(const LiveState& live, const LearnedState& learned,
              const std::vector<LeadSighting>& expected, const PendingValue& pending, WallTime now);

  /// A reduction was carried out: the cool-down starts.
  void on_lowered(const Workload& workload, Knob knob, WallTime when);
  /// The agent refused or failed: asking again at once would change nothing.
  void on_rejected(const Workload& workload, Knob knob, const std::string& why, WallTime when);

  const std::vector<Policy>& policies() const { return policies_; }
  /// What is remembered of a policy goes by its name: it stays where the name does.
  void set_policies(std::vector<Policy> policies) { policies_ = std::move(policies); }
  /// Whether any policy speaks about this workload; `tags` in order of their workloads.
  bool concerns(const Workload& workload, const std::string& host_name,
                const std::vector<Tag>& tags) const;

 private:
  struct Memory {
    std::deque<std::pair<WallTime, std::uint64_t>> wanted;
    std::optional<WallTime> last_lowered;
    std::optional<WallTime> rejected_until;
    std::string rejected_why;
    std::string last_recorded;  ///< outcome and reason kind, so that a state is written down once
  };
  using MemoryKey = std::pair<Workload, std::string>;  ///< workload, policy

  std::vector<Memory*> memories_of(const Workload& workload, Knob knob);

  Facts gather_facts(const Policy& policy, const LiveState::WorkloadState& state,
                     const LiveState& live, const LearnedState& learned,
                     const std::vector<LeadSighting>& expected, const PendingValue& pending,
                     Memory& memory, WallTime now, Turn& turn) const;

  std::vector<Policy> policies_;
  std::map<MemoryKey, Memory> memory_;
};

/// The series a policy's resource is forecast by.
Quantity quantity_of(Resource resource);

/// Whether a policy speaks about a workload.
/// @param tags  in order of their workloads
bool policy_applies(const Policy& policy, const Workload& workload, const std::string& host_name,
                    const std::vector<Tag>& tags);
/// The limit that a sample shows.
KnobValue limit_of(const WorkloadSample& sample, Knob knob);
/// The most used in the last few seconds, in the resource's capacity unit.
std::optional<std::uint64_t> most_used_lately(const LiveState::WorkloadState& state,
                                              Resource resource);

}  // namespace foreshock::coordinator
