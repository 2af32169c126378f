#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace foreshock {

/// Keeps one event from filling the log: a burst of its lines passes, then one a second; the rest
/// is counted. Events are few and named in the code; beyond `kMostEvents` they share one allowance.
/// Pure; one thread.
class LogLimit {
 public:
  static constexpr double kBurst = 20;
  static constexpr std::size_t kMostEvents = 256;

  /// How many lines of this event were held back since the last that passed; nullopt: this one is
  /// held back.
  std::optional<std::uint64_t> admit(std::string_view event, BootTime now);

 private:
  struct Allowance {
    double lines = kBurst;
    BootTime filled;
    std::uint64_t held_back = 0;
  };
  std::map<std::string, Allowance, std::less<>> events_;
};

}  // namespace foreshock
