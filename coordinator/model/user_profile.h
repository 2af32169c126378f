#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What a user runs, summed up. A user is who logged in, where somebody did, else whose rights the
/// command had.
struct UserSummary {
  std::uint32_t uid = 0;
  std::size_t hosts = 0;
  std::uint64_t commands = 0;
  double cpu_s = 0;
  WallTime first_seen;
  WallTime last_seen;
};

/// The behaviour of one user in a stretch of time.
struct UserProfile {
  struct Command {
    std::string signature;
    std::uint64_t runs = 0;
    double cpu_s = 0;                  ///< of all runs that have ended
    std::uint64_t peak_rss_bytes = 0;  ///< the largest
    WallTime last_seen;
  };
  struct Place {
    Workload workload;
    std::uint64_t runs = 0;
  };

  UserSummary summary;
  bool is_cut = false;                      ///< there was more than is looked at: the newest count
  std::uint64_t typed = 0;                  ///< on a terminal
  std::uint64_t failed = 0;                 ///< ended with another status than 0
  std::array<std::uint64_t, 24> by_hour{};  ///< commands, hours of UTC
  std::array<std::uint64_t, 7> by_weekday{};  ///< from Monday on, UTC
  std::size_t active_days = 0;
  double busiest_day_cpu_s = 0;
  std::uint64_t peak_rss_bytes = 0;  ///< the largest of one command
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::vector<Command> commands;  ///< most run first, at most kMostCommands
  std::size_t different_commands = 0;
  std::vector<Place> places;  ///< where they ran, most first, at most kMostPlaces

  static constexpr std::size_t kMostCommands = 20;
  static constexpr std::size_t kMostPlaces = 10;

  /// The shortest stretch of hours around the clock with at least nine tenths of the commands, as
  /// the first hour and how many.
  struct Hours {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  Hours usual_hours() const;
};

inline UserProfile::Hours UserProfile::usual_hours() const {
  constexpr std::size_t kDay = 24;
  std::uint64_t all = 0;
  for (const std::uint64_t runs : by_hour) all += runs;
  if (all == 0) return {};
  for (std::size_t count = 1; count < kDay; ++count) {
    Hours best{0, count};
    std::uint64_t most = 0;
    for (std::size_t first = 0; first < kDay; ++first) {
      std::uint64_t inside = 0;
      for (std::size_t i = 0; i < count; ++i) inside += by_hour[(first + i) % kDay];
      if (inside > most) {
        most = inside;
        best.first = first;
      }
    }
    if (most * 10 >= all * 9) return best;
  }
  return {0, kDay};
}

}  // namespace foreshock::coordinator
