#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/model/agent_use.h"

namespace foreshock::agent {

/// Watches what the agent itself uses. Over one of its budgets for a while, it goes one step
/// further in what it leaves out (Saving); well below both for longer, one step back. Pure.
class SelfWatch {
 public:
  struct Options {
    std::uint64_t max_millicores = 300;  ///< in the mean of a window
    Bytes max_memory{256u << 20};        ///< resident
    Nanoseconds window = std::chrono::seconds(10);
    std::uint32_t windows_to_save = 3;   ///< in a row over a budget
    std::uint32_t windows_to_relax = 6;  ///< in a row below kCalm of both
  };
  static constexpr double kCalm = 0.6;

  explicit SelfWatch(Options options) : options_(options) {}

  struct Change {
    Saving from = Saving::nothing;
    Saving to = Saving::nothing;
    std::string reason;  ///< "412m of 300m processor time, 80 MiB of 256 MiB memory"
  };
  /// `cpu`: used since the start. The change that follows, at most one a window.
  std::optional<Change> look(BootTime now, Nanoseconds cpu, Bytes rss);

  Saving saving() const { return saving_; }

 private:
  std::optional<Change> go_to(Saving saving, std::string reason);

  const Options options_;
  Saving saving_ = Saving::nothing;
  std::optional<BootTime> window_began_;
  Nanoseconds cpu_before_{};
  std::uint32_t windows_over_ = 0;
  std::uint32_t windows_calm_ = 0;
};

}  // namespace foreshock::agent
