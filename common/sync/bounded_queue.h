#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace foreshock {

/// Hands values from one thread to another; refuses when full, so that the sender waits or counts.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False when full: the value is untouched and the caller keeps it.
  bool try_push(T& value) {
    {
      const std::lock_guard lock(mutex_);
      if (values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
    }
    ready_.notify_one();
    return true;
  }
  bool try_push(T&& value) { return try_push(value); }

  /// Waits for a value, the deadline or the stop.
  template <typename Duration>
  std::optional<T> pop_for(Duration timeout, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, stop, timeout, [this] { return !values_.empty(); });
    return take();
  }

  std::optional<T> try_pop() {
    const std::lock_guard lock(mutex_);
    return take();
  }

  /// Everything that is there, oldest first.
  std::vector<T> drain(std::size_t at_most = static_cast<std::size_t>(-1)) {
    const std::lock_guard lock(mutex_);
    std::vector<T> taken;
    while (!values_.empty() && taken.size() < at_most) {
      taken.push_back(std::move(values_.front()));
      values_.pop_front();
    }
    return taken;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  std::optional<T> take() {
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<T> values_;
};

}  // namespace foreshock
