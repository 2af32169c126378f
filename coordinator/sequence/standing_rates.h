#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace foreshock::coordinator {

/// How often a candidate in a given standing turned out to be what came next, as log-odds: counted,
/// starting from a guess, forgetting slowly.
class StandingRates {
 public:
  StandingRates(std::size_t standings, float first_guess) : cells_(standings, {first_guess, 0}) {}

  void set_guess(std::size_t standing, float rate) { cells_[standing] = {rate, 0}; }
  float rate(std::size_t standing) const { return cells_[standing].rate; }
  float log_odds(std::size_t standing) const {
    // By way of an int: to unsigned there is no instruction.
    const auto step = static_cast<std::int32_t>(cells_[standing].rate * kSteps);
    return kLogOdds.values[static_cast<std::size_t>(step)];
  }
  /// `candidates` were in this standing, `came` (0 or 1) of them came.
  void learn(std::size_t standing, std::size_t candidates, float came) {
    Cell& cell = cells_[standing];
    cell.seen =
        std::min<std::uint32_t>(cell.seen + static_cast<std::uint32_t>(candidates), kMemory);
    cell.rate += (came - static_cast<float>(candidates) * cell.rate) * kNewestSays[cell.seen];
  }

 private:
  static constexpr std::uint32_t kMemory = 400;  // candidates
  static constexpr std::int32_t kSteps = 4095;
  /// By how many were seen: 1 of them, where the guess counts as one and a half.
  static constexpr auto kNewestSays = [] {
    std::array<float, kMemory + 1> parts{};
    for (std::size_t seen = 0; seen <= kMemory; ++seen)
      parts[seen] = 1 / (static_cast<float>(seen) + 1.5F);
    return parts;
  }();

  struct Cell {
    float rate;
    std::uint32_t seen;
  };
  /// Within ±7.6, so that no single piece of evidence is taken for certain.
  struct Table {
    std::array<float, std::size_t{kSteps} + 1> values{};
    Table() {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float p = std::clamp(
            (static_cast<float>(i) + 0.5F) / static_cast<float>(values.size()), 0.0005F, 0.9995F);
        values[i] = std::log(p / (1 - p));
      }
    }
  };

  static const Table kLogOdds;

  std::vector<Cell> cells_;
};

inline const StandingRates::Table StandingRates::kLogOdds;

}  // namespace foreshock::coordinator
