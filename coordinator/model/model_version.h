#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What a combination of members learned about a series: how much each of them says, by how far
/// ahead. Ranges are numbers of steps; shares are in the order of the names.
struct MemberShares {
  std::vector<std::string> members;
  std::vector<std::size_t> point_ranges;
  std::vector<std::vector<double>> point_shares;  ///< by range
  std::vector<std::string> distributions;
  std::vector<std::size_t> level_ranges;
  /// By range and quantile level.
  std::vector<std::array<std::vector<double>, kQuantileLevels.size()>> level_shares;
  bool operator==(const MemberShares&) const = default;
};

/// Why a version was trained.
enum class TrainingCause : std::uint8_t {
  unknown = 0,
  first = 1,     ///< there was none
  grown = 2,     ///< the history is twice as long as what the last one learned from
  schedule = 3,  ///< the last one is old
  drift = 4,     ///< forecasts came out worse than they used to
  person = 5,    ///< somebody asked for it
  unfit = 6,     ///< the one that served no longer fits: other members, another horizon
};
inline constexpr std::array<std::string_view, 7> kTrainingCauses = {
    "unknown", "first", "grown", "schedule", "drift", "person", "unfit"};
inline std::string_view to_string(TrainingCause cause) {
  return kTrainingCauses.at(static_cast<std::size_t>(cause));
}

/// One training of a series' model. Numbers of versions count up from 1 for each series.
struct ModelVersion {
  SeriesKey key;
  std::int64_t version = 0;
  WallTime trained_at;
  TrainingCause cause = TrainingCause::unknown;
  std::string program;  ///< version of the program that trained it
  WallTime from;        ///< what it learned from
  WallTime to;
  std::chrono::nanoseconds step{};
  std::size_t points = 0;   ///< known values in there
  std::size_t horizon = 0;  ///< steps ahead that it is made for
  /// Pinball loss in the rolling back-test against the version that served then; both NaN where
  /// there was none, or the history was too short to tell.
  double loss = 0;
  double rival_loss = 0;
  std::int64_t rival = 0;     ///< 0: none
  bool is_held_back = false;  ///< it lost that back-test: it does not serve unless a person pins it
  std::string reason;         ///< for people: why it serves or does not
  std::vector<ModelScore> scores;
  MemberShares shares;
};

/// Which version of a series serves.
struct ModelChoice {
  std::int64_t serving = 0;
  bool pinned = false;  ///< by a person: training goes on, but nothing replaces it
};

}  // namespace foreshock::coordinator
