#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace foreshock {

using Nanoseconds = std::chrono::nanoseconds;

/// CLOCK_BOOTTIME: monotonic, goes on during suspend; what the kernel stamps events with.
struct BootClock {
  using duration = Nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

/// Nanoseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::sys_time<Nanoseconds>;

inline BootTime boot_time_from_ns(std::uint64_t ns) {
  return BootTime(Nanoseconds(static_cast<std::int64_t>(ns)));
}
inline std::uint64_t to_ns(BootTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
inline WallTime wall_time_from_ns(std::int64_t ns) {
  return WallTime(Nanoseconds(ns));
}
inline std::int64_t to_ns(WallTime time) {
  return time.time_since_epoch().count();
}
inline std::int64_t to_ms(WallTime time) {
  return time.time_since_epoch().count() / 1'000'000;
}
inline WallTime wall_time_from_ms(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

/// "2026-11-21T23:31:03.123Z", independent of the time zone.
std::string format_utc(WallTime time);

/// Time as an argument: the system's, or one that a test moves.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime boot_now() const = 0;
  virtual WallTime wall_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  BootTime boot_now() const override;
  WallTime wall_now() const override;
};

/// Stands still until it is moved; both clocks move together.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(BootTime boot = BootTime(std::chrono::hours(1)),
                     WallTime wall = WallTime(std::chrono::hours(24 * 20000)))
      : boot_(boot), wall_(wall) {}
  BootTime boot_now() const override { return boot_; }
  WallTime wall_now() const override { return wall_; }
  void advance(Nanoseconds by) {
    boot_ += by;
    wall_ += by;
  }

 private:
  BootTime boot_;
  WallTime wall_;
};

}  // namespace foreshock
