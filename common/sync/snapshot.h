#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace foreshock {

/// The latest immutable value, published by one thread and read by any.
template <typename T>
class Snapshot {
 public:
  Snapshot() : value_(std::make_shared<const T>()) {}
  explicit Snapshot(T first) : value_(std::make_shared<const T>(std::move(first))) {}

  void publish(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

  std::shared_ptr<const T> read() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace foreshock
