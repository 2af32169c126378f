#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace foreshock {

/// A count that only grows. Any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  /// For counts that are kept elsewhere (the kernel, a library).
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A value that goes up and down. Any thread.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// `hop="spool"`: one label as it stands between the braces, its value escaped. Join several with a
/// comma.
std::string make_label(std::string_view name, std::string_view value);

/// The program's own metrics, in the Prometheus text format. A metric lives as long as the
/// registry.
class MetricRegistry {
 public:
  /// The same name and labels give the same metric again. A name is a counter or a gauge, never
  /// both. `labels` as they stand between the braces (see make_label); empty for none. Look up
  /// once, keep the reference.
  Counter& counter(std::string_view name, std::string_view help, std::string_view labels = "");
  Gauge& gauge(std::string_view name, std::string_view help, std::string_view labels = "");

  /// Text exposition format 0.0.4.
  std::string render() const;

 private:
  template <typename T>
  struct Entry {
    std::string name, help, labels;
    T metric;
  };

  mutable std::mutex mutex_;
  std::deque<Entry<Counter>> counters_;
  std::deque<Entry<Gauge>> gauges_;
};

}  // namespace foreshock
