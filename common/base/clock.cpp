#include "common/base/clock.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace foreshock {

namespace {

Nanoseconds read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

}  // namespace

BootTime SystemClock::boot_now() const {
  return BootTime(read_clock(CLOCK_BOOTTIME));
}
WallTime SystemClock::wall_now() const {
  return WallTime(read_clock(CLOCK_REALTIME));
}

std::string format_utc(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  // Not as a difference of times: the begin of the first second is before the earliest nanosecond.
  const auto ns = (time.time_since_epoch().count() % 1'000'000'000 + 1'000'000'000) % 1'000'000'000;
  const auto ms = ns / 1'000'000;
  const std::time_t calendar = seconds.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&calendar, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc, ms);
}

}  // namespace foreshock
