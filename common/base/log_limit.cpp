#include "common/base/log_limit.h"

#include <algorithm>
#include <utility>

namespace foreshock {

std::optional<std::uint64_t> LogLimit::admit(std::string_view event, BootTime now) {
  auto found = events_.find(event);
  if (found == events_.end()) {
    const auto name = events_.size() < kMostEvents ? std::string(event) : std::string();
    found =
        events_.try_emplace(name, Allowance{.lines = kBurst, .filled = now, .held_back = 0}).first;
  }
  Allowance& allowance = found->second;
  const std::chrono::duration<double> passed = now - allowance.filled;
  allowance.lines = std::min(kBurst, allowance.lines + std::max(passed.count(), 0.0));
  allowance.filled = now;
  if (allowance.lines < 1) {
    ++allowance.held_back;
    return std::nullopt;
  }
  allowance.lines -= 1;
  return std::exchange(allowance.held_back, 0);
}

}  // namespace foreshock
