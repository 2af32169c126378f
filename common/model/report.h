#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/model/agent_use.h"
#include "common/model/app_metric.h"
#include "common/model/binary_profile.h"
#include "common/model/command.h"
#include "common/model/exec_storm.h"
#include "common/model/process_event.h"
#include "common/model/resource_sample.h"
#include "common/model/upcoming_command.h"
#include "common/model/workload_identity.h"

namespace foreshock {

/// How a process ended and what it used.
struct ExecutionEnd {
  BootTime time;
  std::uint32_t wait_status = 0;
  ResourceUse use;
  bool use_known = true;                       ///< false: the source could not tell, `use` is empty
  std::optional<std::uint64_t> connections{};  ///< TCP, asked for; nothing: not known
  bool operator==(const ExecutionEnd&) const = default;
};

/// What a process that still runs has used.
struct UseSoFar {
  BootTime time;
  ResourceUse use;
  bool operator==(const UseSoFar&) const = default;
};

/// One command's record: exec joined with exit. Sent once when it starts (if it outlives the
/// report), now and then while it runs and uses anything, and once whole when it has ended. (boot,
/// process, exec_time) names it, so the later replaces the earlier.
struct Execution {
  ProcessFacts facts;
  BootTime exec_time;  ///< of the last execve; the process's start when none was seen
  std::string cgroup;  ///< path; empty when it could not be resolved
  std::string filename;
  Argv argv;
  std::string
      cwd{};  ///< working directory at the exec, below the process's own root; empty: not known
  std::string tty{};  ///< controlling terminal, "pts/3"; empty: none
  /// Names (comm) of its ancestors, the parent first, each as it was when the one before it called
  /// execve and ended by NUL; at most eight.
  std::string ancestry{};
  std::optional<InputFiles> inputs{};  ///< absent: nobody looked
  std::uint64_t binary = 0;            ///< BinaryProfile::id of what it ran; 0: not known
  bool existing = false;               ///< ran before the agent started
  /// False: a fork that never called execve, whose file and words are then those it was forked from
  /// as far as they are known, or a process whose exec was before our time.
  bool exec_seen = true;
  std::uint32_t earlier_execs = 0;  ///< execve calls of this same process before this one
  std::optional<UseSoFar> so_far;   ///< of a process that runs on
  std::optional<ExecutionEnd> end;
  bool operator==(const Execution&) const = default;
};

/// A place where records can be lost; the enumerator is the word in SQL and JSON too.
enum class Hop : std::uint8_t {
  unknown = 0,
  kernel_exec = 1,  ///< ring buffer full at an exec
  kernel_exit = 2,  ///< ring buffer full at an exit
  decode = 3,       ///< event of the kernel not understood
  lifetime = 4,     ///< table of live processes full: exec reported without its end
  spool = 5,        ///< spool over its size cap: oldest batches dropped
  sampler = 6,      ///< sampling turns skipped
};
std::string_view to_string(Hop hop);

/// Records lost at a hop since the report before.
struct Loss {
  Hop hop = Hop::unknown;
  std::uint64_t count = 0;
  bool operator==(const Loss&) const = default;
};

/// What an agent tells about one period, normally a second; the unit of delivery.
struct Report {
  BootId boot_id;
  std::string host_name;
  std::string agent_version;
  BootTime period_start;
  BootTime period_end;
  Nanoseconds wall_minus_boot{};  ///< add to a BootTime of this report to get wall time
  std::vector<Execution> executions;
  ResourceSample samples;
  std::vector<Loss> losses;
  std::vector<ActionOutcome> outcomes;
  std::vector<ReflexState> reflexes;         ///< all that are armed
  std::vector<WorkloadIdentity> identities;  ///< of workloads of this report, where new or changed
  std::vector<BinaryProfile> binaries;       ///< that executions name, where new
  std::vector<AppMetric> app_metrics;
  std::optional<AgentUse> agent;  ///< absent: as an agent before 0.2 reports
  std::vector<ExecStorm> storms;  ///< those that go on or have ended in the period
  /// All that the host's schedulers are going to run; absent: as it was told last.
  std::optional<std::vector<UpcomingCommand>> upcoming;
  bool operator==(const Report&) const = default;

  WallTime to_wall(BootTime time) const {
    return WallTime(time.time_since_epoch() + wall_minus_boot);
  }
};

}  // namespace foreshock
