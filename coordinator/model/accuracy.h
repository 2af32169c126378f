#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/clock.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// How far ahead of its making a forecast's point lies, in ranges that people ask about.
struct HorizonRange {
  const char* name;
  std::chrono::seconds above;
  std::chrono::seconds up_to;
};
inline constexpr std::array<HorizonRange, 6> kHorizonRanges = {
    HorizonRange{"1min", std::chrono::seconds(0), std::chrono::minutes(1)},
    HorizonRange{"5min", std::chrono::minutes(1), std::chrono::minutes(5)},
    HorizonRange{"15min", std::chrono::minutes(5), std::chrono::minutes(15)},
    HorizonRange{"1h", std::chrono::minutes(15), std::chrono::hours(1)},
    HorizonRange{"6h", std::chrono::hours(1), std::chrono::hours(6)},
    HorizonRange{"48h", std::chrono::hours(6), std::chrono::hours(48)},
};

/// One forecast point beside what came; errors in the series' unit.
struct ScoredPoint {
  SeriesKey key;
  std::size_t range = 0;  ///< index into kHorizonRanges
  std::string model;
  WallTime time;           ///< of the value
  double error = 0;        ///< |mean - value|
  double naive_error = 0;  ///< |last value known at the forecast's making - value|
  double pinball = 0;      ///< mean over the seven quantiles
  bool inside80 = false;
  bool inside95 = false;
  bool above95 = false;  ///< above the .95 quantile: what scaling by it would have missed
};

/// Many of them, of one series, range and model.
struct Accuracy {
  SeriesKey key;
  std::size_t range = 0;
  std::string model;
  std::size_t points = 0;
  double mean_error = 0;
  double mean_naive_error = 0;
  double mean_pinball = 0;
  double inside80 = 0;  ///< shares of the points
  double inside95 = 0;
  double above95 = 0;
};

}  // namespace foreshock::coordinator
