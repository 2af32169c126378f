#include "coordinator/history/service_times.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxRemembered = 100'000;
/// 2^40 microseconds are twelve days; an agent has fewer buckets.
constexpr std::size_t kMostBuckets = 40;

std::uint64_t count_at(const std::vector<std::uint64_t>& counts, std::size_t i) {
  return i < counts.size() ? counts[i] : 0;
}

}  // namespace

std::optional<std::chrono::microseconds> ServiceTimes::p95(std::int64_t workload_id,
                                                           const WorkloadTraffic& traffic) {
  if (before_.size() >= kMaxRemembered) before_.clear();
  const auto [known, is_first] = before_.try_emplace(workload_id);
  const auto before = std::exchange(known->second, traffic.served_usec_log2);
  if (is_first) return std::nullopt;

  std::vector<double> served;
  double all = 0;
  for (std::size_t i = 0; i < std::min(traffic.served_usec_log2.size(), kMostBuckets); ++i) {
    const auto now = traffic.served_usec_log2[i];
    // Counters that went back were started anew.
    const auto then = std::min(count_at(before, i), now);
    served.push_back(static_cast<double>(now - then));
    all += served.back();
  }
  if (all == 0) return std::nullopt;
  double below = 0;
  for (std::size_t i = 0; i < served.size(); ++i) {
    const double wanted = 0.95 * all - below;
    if (wanted <= served[i]) {
      const double width = std::exp2(static_cast<double>(i));
      return std::chrono::microseconds(std::llround(width + width * wanted / served[i]));
    }
    below += served[i];
  }
  return std::nullopt;
}

}  // namespace foreshock::coordinator
