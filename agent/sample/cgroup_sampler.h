#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "agent/cgroup/cgroup_index.h"
#include "agent/cgroup/layout.h"
#include "agent/sample/resource_sampler.h"

namespace foreshock::agent {

/// Every cgroup of the workload hierarchy except its root (the host sample covers that), v1, v2 or
/// mixed. Where controllers have trees of their own, a cgroup's files are those at the same path in
/// each. One thread.
class CgroupSampler final : public ResourceSampler {
 public:
  /// `index` outlives the sampler, which refreshes it at each turn. At most `max_cgroups` are
  /// sampled, those nearest to the root first. Files stay open between turns as long as they take
  /// no more than half of the descriptors that the process may have; beyond, they are opened at
  /// each turn.
  CgroupSampler(CgroupLayout layout, CgroupIndex& index, std::size_t max_cgroups);
  ~CgroupSampler() override;

  void sample(BootTime now, ResourceSample& into) override;
  /// Cgroups left out at the last turn because there were too many.
  std::uint64_t left_out() const { return left_out_; }

 private:
  class Files;

  Files* find_or_open(const CgroupIndex::Entry& entry, std::unique_ptr<Files>& unheld);
  void drop_vanished();

  CgroupLayout layout_;
  CgroupIndex& index_;
  std::size_t max_cgroups_;
  std::size_t max_held_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Files>> held_;  ///< by cgroup id
  std::uint64_t left_out_ = 0;
};

}  // namespace foreshock::agent
