#pragma once

#include <string_view>

#include "common/model/workload_identity.h"

namespace foreshock::agent {

/// What a cgroup's path says about it: its systemd unit and slice, and its container as Docker,
/// podman, containerd and CRI-O, Kubernetes, nerdctl, Amazon ECS, LXC and LXD, systemd-nspawn and
/// libvirt name theirs, with the systemd and with the cgroupfs driver, on v1 and v2. Names that the
/// path does not hold stay empty. Pure; any text.
WorkloadIdentity parse_workload_identity(std::string_view cgroup);

}  // namespace foreshock::agent
