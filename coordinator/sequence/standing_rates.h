#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
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
    return kLogOdds.values[static_cast<std::size_t>(cells_[standing].rate * kSteps)];
  }
  /// `candidates` were in this standing, `came` (0 or 1) of them came.
  void learn(std::size_t standing, float candidates, float came) {
    Cell& cell = cells_[standing];
    cell.seen = std::min(cell.seen + candidates, kMemory);
    cell.rate += (came - candidates * cell.rate) / (cell.seen + kGuessWeight);
  }

 private:
  static constexpr float kMemory = 400;  // candidates
  static constexpr float kGuessWeight = 1.5F;
  static constexpr std::size_t kSteps = 4095;

  struct Cell {
    float rate;
    float seen;
  };
  /// Within ±7.6, so that no single piece of evidence is taken for certain.
  struct Table {
    std::array<float, kSteps + 1> values{};
    Table() {
      for (std::size_t i = 0; i <= kSteps; ++i) {
        const float p = std::clamp((static_cast<float>(i) + 0.5F) / (kSteps + 1), 0.0005F, 0.9995F);
        values[i] = std::log(p / (1 - p));
      }
    }
  };

  static const Table kLogOdds;

  std::vector<Cell> cells_;
};

inline const StandingRates::Table StandingRates::kLogOdds;

}  // namespace foreshock::coordinator
