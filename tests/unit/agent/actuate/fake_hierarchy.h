#pragma once

#include "agent/cgroup/layout.h"
#include "common/model/command.h"
#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {

/// Temporary directories that stand for a v2 hierarchy, or for v1's cpu and memory trees.
class FakeHierarchy {
 public:
  enum class Version { v1, v2 };

  explicit FakeHierarchy(Version version) : v1_(version == Version::v1) {}

  CgroupLayout layout() const {
    CgroupLayout layout;
    layout.kind = v1_ ? CgroupLayout::Kind::v1 : CgroupLayout::Kind::v2;
    if (v1_) {
      layout.v1_roots = {{"cpu", tree_.path("/cpu")}, {"memory", tree_.path("/memory")}};
    } else {
      layout.v2_root = tree_.root();
      layout.v2_controllers = {{"cpu", true}, {"memory", true}};
    }
    return layout;
  }

  /// Makes a cgroup without limits that has `working_set` bytes in use.
  CgroupTarget add(const std::string& path, std::uint64_t working_set = 1000) const {
    const std::string current = std::to_string(working_set + 500) + "\n";
    if (v1_) {
      tree_.write("/cpu" + path + "/cpu.cfs_quota_us", "-1\n");
      tree_.write("/cpu" + path + "/cpu.cfs_period_us", "50000\n");
      tree_.write("/cpu" + path + "/cpu.shares", "1024\n");
      tree_.write("/memory" + path + "/memory.limit_in_bytes", "9223372036854771712\n");
      tree_.write("/memory" + path + "/memory.usage_in_bytes", current);
      tree_.write("/memory" + path + "/memory.stat", "total_inactive_file 500\n");
    } else {
      tree_.write(path + "/cpu.max", "max 50000\n");
      tree_.write(path + "/cpu.weight", "100\n");
      tree_.write(path + "/memory.max", "max\n");
      tree_.write(path + "/memory.high", "max\n");
      tree_.write(path + "/memory.current", current);
      tree_.write(path + "/memory.stat", "inactive_file 500\n");
    }
    return {path, tree_.inode((v1_ ? "/cpu" : "") + path)};
  }

  const TemporaryTree& tree() const { return tree_; }

 private:
  bool v1_;
  TemporaryTree tree_;
};

}  // namespace foreshock::agent
