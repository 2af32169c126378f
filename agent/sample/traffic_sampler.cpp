#include "agent/sample/traffic_sampler.h"

#include <utility>

namespace foreshock::agent {

void TrafficSampler::sample(BootTime, ResourceSample& into) {
  auto counted = read_([this](std::uint64_t id) { return !index_.has(id); });
  if (!counted) return;
  std::unordered_map<std::uint64_t, WorkloadTraffic> seen;
  for (WorkloadTraffic& traffic : *counted) {
    traffic.cgroup = index_.path_of(traffic.cgroup_id);
    const auto told = told_.find(traffic.cgroup_id);
    if (told == told_.end() || told->second != traffic) into.traffic.push_back(traffic);
    seen.emplace(traffic.cgroup_id, std::move(traffic));
  }
  told_ = std::move(seen);
}

}  // namespace foreshock::agent
