#pragma once

#include <cstddef>
#include <vector>

namespace foreshock::coordinator {

/// What is usual for a stream of values: their median and mean absolute deviation from it, over the
/// last 4096, taken again at 16, 32, 64 ... values and then each 4096, so that what is derived from
/// them stays comparable for long. Amortised O(1), 16 KiB.
class RobustScale {
 public:
  static constexpr std::size_t kLeast = 16;
  static constexpr std::size_t kMost = 4096;

  void add(double value);
  /// Nothing can be said before.
  bool is_known() const { return count_ >= kLeast; }
  double median() const { return median_; }
  double deviation() const { return deviation_; }
  /// The value as a distance from the median: in deviations where it is near, logarithmic where it
  /// is far, so that "a tenth higher" means the same at ten deviations and at a thousand.
  double compress(double value) const;

 private:
  void refit();

  std::vector<float> recent_;  ///< a ring once it is full
  std::size_t count_ = 0;
  double median_ = 0;
  double deviation_ = 1;
};

}  // namespace foreshock::coordinator
