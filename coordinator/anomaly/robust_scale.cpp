#include "coordinator/anomaly/robust_scale.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace foreshock::coordinator {

namespace {

// Deviations below this share of the values themselves are how numbers are stored, not what
// happens.
constexpr double kLeastShare = 1e-6;
// Nor is a deviation of less than a hundredth of what is usual: a host at full load is not unusual
// in the third digit.
constexpr double kLeastOfMedian = .01;

}  // namespace

void RobustScale::add(double value) {
  if (recent_.size() < kMost) {
    recent_.push_back(static_cast<float>(value));
  } else {
    recent_[count_ % kMost] = static_cast<float>(value);
  }
  ++count_;
  const bool is_due = count_ < kMost ? std::has_single_bit(count_) : count_ % kMost == 0;
  if (count_ >= kLeast && is_due) refit();
}

void RobustScale::refit() {
  std::vector<float> values = recent_;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  median_ = *middle;
  double sum = 0;
  double largest = 0;
  for (const float value : values) {
    sum += std::abs(value - median_);
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  deviation_ = std::max({sum / static_cast<double>(values.size()), kLeastShare * largest,
                         kLeastOfMedian * std::abs(median_), 1e-9});
}

double RobustScale::compress(double value) const {
  return std::asinh((value - median_) / deviation_);
}

}  // namespace foreshock::coordinator
