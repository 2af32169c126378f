#pragma once

#include <optional>

#include "common/base/clock.h"

namespace foreshock {

/// Notices what happens to a host's clocks between two looks: the wall clock set forward or back,
/// and time in which nothing of ours ran (suspend, a stopped virtual machine). Pure.
class ClockWatch {
 public:
  struct Change {
    Nanoseconds wall_jump{0};    ///< by how much the wall clock was set; 0: it was not
    Nanoseconds stood_still{0};  ///< how long nothing ran beyond the expected pause; 0: it ran
  };

  /// `pause`: the time expected between two looks.
  explicit ClockWatch(Nanoseconds pause) : pause_(pause) {}

  /// What has changed since the last look; the first sees nothing. A wall clock that is slewed, or
  /// a late look of a busy host, is no change.
  std::optional<Change> look(BootTime boot, WallTime wall);

 private:
  const Nanoseconds pause_;
  std::optional<BootTime> boot_;
  WallTime wall_;
};

}  // namespace foreshock
