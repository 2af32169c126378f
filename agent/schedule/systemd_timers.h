#pragma once

#include <chrono>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/upcoming_command.h"

namespace foreshock::agent {

/// Where systemd is asked for its timers; a test has its own answers.
class TimerSource {
 public:
  virtual ~TimerSource() = default;
  /// Timers that will elapse, with the command of the unit each starts. `unavailable` where systemd
  /// does not run or does not answer in time.
  virtual Result<std::vector<UpcomingCommand>> read_timers() = 0;
};

/// Over D-Bus. The connection is made at the first call and anew after a failure. Blocks for at
/// most two seconds a call.
class SystemdTimers final : public TimerSource {
 public:
  explicit SystemdTimers(const Clock& clock) : clock_(clock) {}
  Result<std::vector<UpcomingCommand>> read_timers() override;

 private:
  const Clock& clock_;
};

}  // namespace foreshock::agent
