#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <dirent.h>

#include "agent/cgroup/cgroup_index.h"
#include "common/base/result.h"
#include "common/model/process_use.h"

namespace foreshock::agent {

/// All processes from /proc, where BPF may not be used: processor time, resident memory, threads
/// and the cgroup. A process's start is known to the clock tick only. One thread.
class ProcProcesses {
 public:
  /// `index` outlives this.
  static Result<std::unique_ptr<ProcProcesses>> make(bool workloads_in_v1, CgroupIndex& index,
                                                     const std::string& proc_root = "/proc");

  /// Replaces what is in `into`; in the order of process ids.
  Result<void> look(std::vector<ProcessUse>& into);

 private:
  /// Found out when a process is first seen, and again now and then: it costs as much as all the
  /// rest.
  struct Membership {
    BootTime start;
    std::uint64_t cgroup_id = 0;
    std::uint32_t looks_left = 0;
    bool seen = false;
  };
  using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

  ProcProcesses(Directory proc, bool workloads_in_v1, CgroupIndex& index);
  std::uint64_t cgroup_id_of(const ProcessKey& process);
  std::uint64_t read_cgroup_id(std::uint32_t pid) const;

  Directory proc_;
  bool workloads_in_v1_;
  CgroupIndex& index_;
  std::uint64_t ticks_per_second_;
  std::uint64_t page_bytes_;
  std::unordered_map<std::uint32_t, Membership> memberships_;  ///< by process id
};

}  // namespace foreshock::agent
