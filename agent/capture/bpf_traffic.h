#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/resource_sample.h"

namespace foreshock::agent {

/// Network bytes, TCP connections and how long they were served, by workload, counted in the
/// kernel. One thread.
///
/// Where workloads are v2 cgroups, bytes are those of packets, from kernel 4.10 on, and connections
/// are counted as they are accepted. Where they are v1 cgroups, bytes are those of sends and
/// receives, from kernel 6.3 on, and accepted connections are counted when their server closes
/// them.
class BpfTraffic {
 public:
  struct Options {
    bool cgroup_v1 = false;
    std::string v2_root;  ///< mount point of cgroup2; packets are counted there
  };
  /// `permission_denied` or `unsupported` where BPF or its hooks may not be used.
  static Result<std::unique_ptr<BpfTraffic>> make(const Options& options);
  ~BpfTraffic();

  /// Counters of every workload that had any traffic, without paths. A workload that `is_gone` is
  /// told once more and then forgotten, so that there is room for others.
  Result<std::vector<WorkloadTraffic>> read(
      const std::function<bool(std::uint64_t cgroup_id)>& is_gone);
  /// Packets and connections that were not counted because there were too many workloads.
  std::uint64_t left_out() const;
  /// Whether bytes are counted on this kernel.
  bool counts_bytes() const;

 private:
  struct Impl;
  explicit BpfTraffic(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent
