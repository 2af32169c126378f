#pragma once

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
std::vector<ExistingProcess> read_existing_processes(const std::string& proc_root, bool cgroup_v1);

}  // namespace foreshock::agent
