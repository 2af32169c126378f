#include "common/base/clock_watch.h"

namespace foreshock {

namespace {

/// Time daemons slew a clock by at most half a millisecond a second; what is more than this at once
/// was set.
constexpr Nanoseconds kLeastJump = std::chrono::milliseconds(500);
constexpr Nanoseconds kLeastStandstill = std::chrono::seconds(30);

}  // namespace

std::optional<ClockWatch::Change> ClockWatch::look(BootTime boot, WallTime wall) {
  std::optional<Change> change;
  if (boot_) {
    const Nanoseconds passed = boot - *boot_;
    const Nanoseconds jump = (wall - wall_) - passed;
    Change seen;
    if (jump >= kLeastJump || jump <= -kLeastJump) seen.wall_jump = jump;
    if (passed - pause_ >= kLeastStandstill) seen.stood_still = passed - pause_;
    if (seen.wall_jump != Nanoseconds(0) || seen.stood_still != Nanoseconds(0)) change = seen;
  }
  boot_ = boot;
  wall_ = wall;
  return change;
}

}  // namespace foreshock
