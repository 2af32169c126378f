#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/model/resource_sample.h"

namespace foreshock::coordinator {

/// The 95th percentile of how long connections were served between two looks at a workload, from
/// the histograms that only grow. One thread; bounded.
class ServiceTimes {
 public:
  /// Absent at the first look, and when nothing was served since the look before. Within a bucket
  /// of the histogram connections are taken for evenly spread.
  std::optional<std::chrono::microseconds> p95(std::int64_t workload_id,
                                               const WorkloadTraffic& traffic);
  void forget() { before_.clear(); }

 private:
  std::unordered_map<std::int64_t, std::vector<std::uint64_t>> before_;
};

}  // namespace foreshock::coordinator
