#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Series that people want trained anew, on their way from whoever asks to the thread that learns.
/// Any thread.
class RetrainingRequests {
 public:
  struct State {
    std::size_t asked = 0;  ///< since nothing was left to do
    std::size_t done = 0;
  };

  /// Those that wait already are not asked for twice.
  State ask(const std::vector<SeriesKey>& keys) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) state_ = {};
    const std::size_t before = waiting_.size();
    waiting_.insert(keys.begin(), keys.end());
    state_.asked += waiting_.size() - before;
    return state_;
  }
  bool is_wanted(const SeriesKey& key) {
    const std::lock_guard lock(mutex_);
    return waiting_.contains(key);
  }
  /// It was trained, or cannot be.
  void on_done(const SeriesKey& key) {
    const std::lock_guard lock(mutex_);
    state_.done += waiting_.erase(key);
  }
  State state() {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  /// Whatever is left now has no series any more.
  void close_round(const std::set<SeriesKey>& there) {
    const std::lock_guard lock(mutex_);
    state_.done += std::erase_if(waiting_, [&](const auto& key) { return !there.contains(key); });
  }

 private:
  std::mutex mutex_;
  std::set<SeriesKey> waiting_;
  State state_;
};

}  // namespace foreshock::coordinator
