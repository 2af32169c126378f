#include "agent/actuate/target_dir.h"

#include <fmt/format.h>

#include "agent/cgroup/cgroup_files.h"

namespace foreshock::agent {

Result<CgroupDir> open_workload(const CgroupLayout& layout, const CgroupTarget& target) {
  FS_TRY(CgroupDir dir, CgroupDir::open(layout.workload_root(), target.path));
  if (dir.id() != target.id) {
    return Error(ErrorCode::conflict,
                 fmt::format("cgroup {} is {} now, not {}", target.path, dir.id(), target.id));
  }
  return dir;
}

Result<CgroupDir> open_controller(const CgroupLayout& layout, const std::string& controller,
                                  const CgroupTarget& target) {
  FS_TRY(CgroupDir workload, open_workload(layout, target));
  const auto root = layout.root_of(controller);
  if (!root) return Error(ErrorCode::unsupported, "this host has no " + controller + " controller");
  if (*root == layout.workload_root()) return workload;

  auto dir = CgroupDir::open(*root, target.path);
  FS_TRY(workload, open_workload(layout, target));
  if (!dir && dir.error().code() == ErrorCode::not_found) {
    return Error(ErrorCode::unsupported, dir.error().message());
  }
  return dir;
}

Result<Bytes> read_working_set(const CgroupLayout& layout, const CgroupTarget& target) {
  FS_TRY(const CgroupDir dir, open_controller(layout, "memory", target));
  FS_TRY(const std::string current_text,
         dir.read(layout.is_v1("memory") ? "memory.usage_in_bytes" : "memory.current"));
  FS_TRY(const std::string stat, dir.read("memory.stat"));
  const auto current = parse_count(current_text);
  const auto inactive = parse_inactive_file(stat);
  if (!current || !inactive)
    return Error(ErrorCode::corrupt, "memory use of " + target.path + " not understood");
  return working_set(Bytes{*current}, *inactive);
}

}  // namespace foreshock::agent
