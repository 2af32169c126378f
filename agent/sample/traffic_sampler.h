#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "agent/cgroup/cgroup_index.h"
#include "agent/sample/resource_sampler.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// Network traffic of every workload that had any since the turn before. One thread.
class TrafficSampler final : public ResourceSampler {
 public:
  /// Where counters come from; workloads that are gone need not be told again.
  using Read = std::function<Result<std::vector<WorkloadTraffic>>(
      const std::function<bool(std::uint64_t cgroup_id)>& is_gone)>;

  /// `index` outlives the sampler.
  TrafficSampler(Read read, CgroupIndex& index) : read_(std::move(read)), index_(index) {}
  void sample(BootTime now, ResourceSample& into) override;

 private:
  Read read_;
  CgroupIndex& index_;
  std::unordered_map<std::uint64_t, WorkloadTraffic> told_;  ///< by cgroup id
};

}  // namespace foreshock::agent
