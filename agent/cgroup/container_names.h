#pragma once

#include <optional>
#include <string>

#include "common/model/workload_identity.h"

namespace foreshock::agent {

/// The name that a container's runtime keeps for its id on this host, in the runtime's own files:
/// Docker, podman, nerdctl, and, for the other runtimes of Kubernetes, the kubelet's names of log
/// files. Absent: not (yet) known, or nothing that we may read. `root`: "/" unless in tests.
std::optional<std::string> read_container_name(const std::string& root,
                                               const WorkloadIdentity& identity);

}  // namespace foreshock::agent
