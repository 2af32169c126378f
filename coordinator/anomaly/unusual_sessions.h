#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "coordinator/model/anomaly.h"

namespace foreshock::coordinator {

/// Unusual sessions on their way from the thread that follows commands to the one that keeps the
/// log. Bounded: what comes while it is full is dropped. Any thread.
class UnusualSessions {
 public:
  void add(std::vector<UnusualSession> sessions) {
    const std::lock_guard lock(mutex_);
    for (auto& session : sessions) {
      if (waiting_.size() < kMostWaiting) waiting_.push_back(std::move(session));
    }
  }
  std::vector<UnusualSession> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  static constexpr std::size_t kMostWaiting = 1000;

  std::mutex mutex_;
  std::vector<UnusualSession> waiting_;
};

}  // namespace foreshock::coordinator
