#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/process_event.h"

namespace foreshock::agent {

/// What ran before the agent started, read from /proc (root is a parameter for tests), as exec
/// events marked `existing`. Kernel threads are left out; a process that vanishes while it is read
/// is skipped. `cgroup_id` is 0: the caller resolves the cgroup.
struct ExistingProcess {
  ExecEvent event;
  std::string cgroup;  ///< path in the workload hierarchy
};
/// One of them; nullopt when there is none (any more).
std::optional<ExistingProcess> read_existing_process(const std::string& proc_root,
                                                     std::uint32_t pid, bool cgroup_v1);
/// The oldest first: a parent before its children.
std::vector<ExistingProcess> read_existing_processes(const std::string& proc_root, bool cgroup_v1);

}  // namespace foreshock::agent
