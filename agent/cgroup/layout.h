#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace foreshock::agent {

/// How this host mounts its cgroups, controller by controller.
struct CgroupLayout {
  enum class Kind { none, v1, v2, hybrid };

  Kind kind = Kind::none;
  std::string v2_root;  ///< mount point of cgroup2; empty when there is none
  std::map<std::string, std::string> v1_roots;  ///< controller → mount point
  std::map<std::string, bool> v2_controllers;   ///< controller → delegated below the root

  /// The tree whose paths and inodes name workloads: v2 where it has the cpu controller, else v1
  /// cpu.
  bool workloads_in_v1() const;
  /// Mount point of that tree; v2 where no tree has the cpu controller; empty when the host has no
  /// cgroups.
  std::string workload_root() const;
  /// Mount point of the tree that limits this resource ("cpu", "memory"); nullopt when the host has
  /// none.
  std::optional<std::string> root_of(const std::string& controller) const;
  bool is_v1(const std::string& controller) const;
};
std::string_view to_string(CgroupLayout::Kind kind);

/// From the text of /proc/self/mountinfo and of the v2 root's cgroup.controllers and
/// cgroup.subtree_control. Hostile text gives a smaller layout, never an error. Pure.
CgroupLayout parse_layout(const std::string& mountinfo, const std::string& v2_controllers_text,
                          const std::string& v2_subtree_control_text = {});
Result<CgroupLayout> read_layout(const std::string& proc_root = "/proc");

/// Path in the workload hierarchy, from the text of /proc/N/cgroup; nullopt when it names none.
/// Pure.
std::optional<std::string> parse_membership(std::string_view proc_cgroup, bool workloads_in_v1);

}  // namespace foreshock::agent
