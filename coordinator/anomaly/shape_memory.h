#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/anomaly/robust_scale.h"

namespace foreshock::coordinator {

/// The courses of a few values that a stream has shown, to tell how far a new one is from all of
/// them. Courses closer than a quarter of a deviation are one; at most 1024 (40 KiB), the longest
/// unseen goes first. O(known), some microseconds when full.
/// Source: the nearest neighbour to the left, as in the left discords of Yeh et al., "Matrix
/// profile I" (2016); courses that stand for many as in adaptive resonance, Carpenter & Grossberg
/// (1987).
class ShapeMemory {
 public:
  static constexpr std::size_t kLength = 4;
  static constexpr std::size_t kMost = 1024;
  using Shape = std::array<float, kLength>;

  /// Root mean square distance of the compressed values to the nearest known course; zero where
  /// nothing is known.
  double novelty(const Shape& shape, const RobustScale& scale);
  void remember(WallTime time, const Shape& shape, const RobustScale& scale);

 private:
  struct Nearest {
    std::size_t index = 0;
    float squares = 0;
  };

  void follow(const RobustScale& scale);
  Nearest nearest_to(const Shape& compressed) const;

  std::vector<Shape> known_;
  std::vector<Shape> compressed_;  ///< the same on the scale below
  std::vector<WallTime> seen_;
  double median_ = 0;
  double deviation_ = 0;
};

}  // namespace foreshock::coordinator
