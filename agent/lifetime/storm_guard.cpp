#include "agent/lifetime/storm_guard.h"

#include <algorithm>
#include <chrono>

namespace foreshock::agent {

namespace {

/// Stands for all workloads that have no bucket of their own; no cgroup has this id.
constexpr std::uint64_t kOthers = 0;

}  // namespace

bool StormGuard::withhold(std::uint64_t cgroup_id, BootTime now) {
  if (share_ == 0) {
    ++withheld_;
    return true;
  }
  Bucket& bucket = bucket_of(cgroup_id, now);
  fill(bucket, now);
  bucket.tokens -= 1;
  if (bucket.tokens < 0) {
    bucket.tokens = 0;
    if (!bucket.storm) {
      bucket.storm = true;
      bucket.began = now;
      bucket.withheld = 0;
    }
  }
  if (!bucket.storm) return false;
  ++bucket.withheld;
  ++withheld_;
  return true;
}

std::vector<ExecStorm> StormGuard::take(BootTime now) {
  std::vector<ExecStorm> storms;
  for (auto& [cgroup_id, bucket] : buckets_) {
    if (!bucket.storm) continue;
    fill(bucket, now);
    ExecStorm storm{.cgroup_id = cgroup_id,
                    .cgroup = {},
                    .began = bucket.began,
                    .ended = std::nullopt,
                    .withheld = bucket.withheld};
    if (bucket.tokens >= burst() / 2) {
      bucket.storm = false;
      storm.ended = now;
    }
    storms.push_back(std::move(storm));
  }
  std::ranges::sort(storms, {}, &ExecStorm::began);
  return storms;
}

StormGuard::Bucket& StormGuard::bucket_of(std::uint64_t cgroup_id, BootTime now) {
  if (const auto found = buckets_.find(cgroup_id); found != buckets_.end()) return found->second;
  Bucket full;
  full.tokens = burst();
  full.filled = now;
  if (buckets_.size() >= options_.max_workloads) forget_calm(now);
  const bool has_room = buckets_.size() < options_.max_workloads;
  return buckets_.try_emplace(has_room ? cgroup_id : kOthers, full).first->second;
}

/// Events of several CPUs come slightly out of order.
double StormGuard::level(const Bucket& bucket, BootTime now) const {
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  return std::min(burst(), bucket.tokens + std::max(seconds, 0.0) * rate());
}

void StormGuard::fill(Bucket& bucket, BootTime now) const {
  bucket.tokens = level(bucket, now);
  bucket.filled = std::max(bucket.filled, now);
}

/// A full bucket is as good as none.
void StormGuard::forget_calm(BootTime now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    return !entry.second.storm && level(entry.second, now) >= burst();
  });
}

}  // namespace foreshock::agent
