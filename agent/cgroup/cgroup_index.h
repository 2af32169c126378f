#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/cgroup/layout.h"

namespace foreshock::agent {

/// id ↔ path of the cgroups in the workload hierarchy. Bounded; one thread.
class CgroupIndex {
 public:
  struct Entry {
    std::string path;
    std::uint64_t id = 0;
  };

  CgroupIndex(std::string workload_root, std::size_t capacity);

  /// Walks the tree anew.
  void refresh();
  /// Path of an id; refreshes (at most a few times a second) when it is not known. Empty when it never resolves:
  /// a short process's cgroup may be gone before anybody could look, then the last known path of the id is given.
  std::string path_of(std::uint64_t id);
  /// What exists now, parents before children.
  std::vector<Entry> entries() const;

 private:
  std::string workload_root_;
  std::size_t capacity_;
  std::unordered_map<std::uint64_t, std::string> paths_;
  std::vector<Entry> entries_;
  std::int64_t last_refresh_ns_ = 0;
};

}  // namespace foreshock::agent
