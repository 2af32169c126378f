#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "coordinator/lead/lead_history.h"

namespace foreshock::coordinator {

/// Some hosts over some days in steps of a minute: loads that go with the time of day, with noise,
/// and commands that ordinary people and timers run. Tests add what they are about.
class MinuteWorld {
 public:
  static constexpr double kMinute = 60, kHour = 3600, kDay = 86400;
  static constexpr std::size_t kHosts = 3;

  explicit MinuteWorld(std::uint64_t seed, std::size_t days = 9);

  /// So many times a day at times of people's work (mostly); returns the times.
  std::vector<double> random_times(double per_day);
  /// At a random second of that day's hours.
  double random_time(std::size_t day);

  CommandRun& run(const std::string& program, std::size_t host, double at_s);
  /// Load on top of what there is: `height` in shares of the host's usual load.
  void add_load(std::size_t host, double at_s, double height, double duration_s);
  /// Load with a lag around `lag_s`, a height around 2 and a duration around 10 minutes.
  void add_usual_load(std::size_t host, double run_s, double lag_s);

  /// Runs in order of time, as a history has them.
  LeadHistory history() const;
  std::size_t days() const { return days_; }
  double uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(engine_);
  }

 private:
  CommandRuns& command(const std::string& program);

  std::mt19937_64 engine_;
  std::size_t days_;
  LeadHistory history_;
};

}  // namespace foreshock::coordinator
