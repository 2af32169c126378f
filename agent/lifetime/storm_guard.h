#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/model/exec_storm.h"

namespace foreshock::agent {

/// Finds the workloads whose processes are too many to be told one by one, by a token bucket each.
/// A storm begins when a workload's bucket is empty and ends when it is half full again; what
/// starts meanwhile empties it further, so that a storm lasts as long as its rate. Pure; bounded.
class StormGuard {
 public:
  struct Options {
    double per_second = 5000;  ///< processes of one workload told one by one, in the long run
    double burst = 50'000;     ///< and at once
    std::size_t max_workloads = 4096;  ///< those beyond share one bucket
  };

  explicit StormGuard(Options options) : options_(options) {}

  /// A process was started in the workload: whether it is only counted.
  bool withhold(std::uint64_t cgroup_id, BootTime now);

  /// The storms that go on, and those that ended since they were taken last; without paths.
  std::vector<ExecStorm> take(BootTime now);

  /// From now on only a share of the limits, 0 to 1. With 0 everything is withheld, and no storm
  /// begins.
  void set_share(double share) { share_ = share; }

  std::uint64_t withheld() const { return withheld_; }

 private:
  struct Bucket {
    double tokens = 0;
    BootTime filled;
    bool storm = false;
    BootTime began;
    std::uint64_t withheld = 0;
  };

  Bucket& bucket_of(std::uint64_t cgroup_id, BootTime now);
  double level(const Bucket& bucket, BootTime now) const;
  void fill(Bucket& bucket, BootTime now) const;
  void forget_calm(BootTime now);

  double rate() const { return share_ * options_.per_second; }
  double burst() const { return share_ * options_.burst; }

  const Options options_;
  double share_ = 1;
  std::unordered_map<std::uint64_t, Bucket> buckets_;  ///< by cgroup
  std::uint64_t withheld_ = 0;
};

}  // namespace foreshock::agent
