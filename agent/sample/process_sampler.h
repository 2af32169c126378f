#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <dirent.h>

#include "agent/cgroup/cgroup_index.h"
#include "agent/sample/resource_sampler.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// All processes, of which it keeps the `top` that used most CPU since the turn before and the
/// `top` with most resident memory: what is sent does not grow with the number of processes. A
/// process's start is known to the clock tick only. One thread.
class ProcessSampler final : public ResourceSampler {
 public:
  /// `index` outlives the sampler.
  static Result<std::unique_ptr<ProcessSampler>> make(bool workloads_in_v1, CgroupIndex& index,
                                                      std::size_t top,
                                                      const std::string& proc_root = "/proc");
  void sample(BootTime now, ResourceSample& into) override;

 private:
  struct Seen {
    ProcessSample sample;
    Nanoseconds cpu_delta{};
  };
  struct Last {
    BootTime start;
    Nanoseconds cpu{};
  };
  using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

  ProcessSampler(Directory proc, bool workloads_in_v1, CgroupIndex& index, std::size_t top);
  std::vector<Seen> look_at_all(BootTime now);
  std::uint64_t read_cgroup_id(std::uint32_t pid) const;

  Directory proc_;
  bool workloads_in_v1_;
  CgroupIndex& index_;
  std::size_t top_;
  std::uint64_t ticks_per_second_;
  std::uint64_t page_bytes_;
  std::unordered_map<std::uint32_t, Last> last_;  ///< by pid
};

}  // namespace foreshock::agent
