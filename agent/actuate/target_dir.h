#pragma once

#include <string>

#include "agent/cgroup/cgroup_dir.h"
#include "agent/cgroup/layout.h"
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// The target's directory in the workload hierarchy, identity checked: `not_found` when it is gone,
/// `conflict` when the path is another cgroup by now.
Result<CgroupDir> open_workload(const CgroupLayout& layout, const CgroupTarget& target);

/// The target's directory in the tree of `controller`; `unsupported` when that tree does not know
/// it.
///
/// A target is named by its inode in the workload hierarchy. Where the controller has a tree of its
/// own (v1), the directory of the same path there is taken, and the identity is checked before
/// *and* after it is opened. What remains is that somebody removes and remakes only the other
/// tree's directory between these checks. That is harmless: the limit was judged for this workload,
/// which still is the one that runs at this path; v1 refuses a limit below what is in use; and a
/// restoration finds the new directory by the same path.
Result<CgroupDir> open_controller(const CgroupLayout& layout, const std::string& controller,
                                  const CgroupTarget& target);

/// Memory of the target that can't be reclaimed without harm. Errors as above, `corrupt` for text
/// not understood.
Result<Bytes> read_working_set(const CgroupLayout& layout, const CgroupTarget& target);

}  // namespace foreshock::agent
