#pragma once

#include <string>

namespace foreshock {

/// What a cgroup is, beside its path: the systemd unit and the container that it belongs to. Empty
/// where it belongs to none, and as long as a name is not known.
struct WorkloadIdentity {
  std::string cgroup;             ///< path in the workload hierarchy
  std::string unit;               ///< "nginx.service"; of a user's own manager, that unit
  std::string slice;              ///< innermost slice around the unit: "system.slice"
  std::string container_runtime;  ///< docker, podman, containerd, crio, lxc, nspawn, …
  std::string container_id;       ///< as the runtime spells it; of lxc and nspawn its name
  std::string container_name;
  std::string pod;  ///< Kubernetes: the pod's uid

  /// Whether anything but the path is known.
  bool has_anything() const {
    return !unit.empty() || !slice.empty() || !container_runtime.empty();
  }
  bool operator==(const WorkloadIdentity&) const = default;
};

}  // namespace foreshock
