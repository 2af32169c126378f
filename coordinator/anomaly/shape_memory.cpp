#include "coordinator/anomaly/shape_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace foreshock::coordinator {

namespace {

// A quarter of the distance that is worth a name, see ShapeDetector.
constexpr float kSame = .25F;

ShapeMemory::Shape compress(const ShapeMemory::Shape& shape, const RobustScale& scale) {
  ShapeMemory::Shape compressed{};
  std::ranges::transform(shape, compressed.begin(),
                         [&](float value) { return static_cast<float>(scale.compress(value)); });
  return compressed;
}

}  // namespace

double ShapeMemory::novelty(const Shape& shape, const RobustScale& scale) {
  if (known_.empty()) return 0;
  follow(scale);
  return std::sqrt(nearest_to(compress(shape, scale)).squares / static_cast<float>(kLength));
}

void ShapeMemory::remember(WallTime time, const Shape& shape, const RobustScale& scale) {
  follow(scale);
  const Shape compressed = compress(shape, scale);
  if (!known_.empty()) {
    const Nearest nearest = nearest_to(compressed);
    if (nearest.squares < kSame * kSame * static_cast<float>(kLength)) {
      seen_[nearest.index] = time;
      return;
    }
  }
  if (known_.size() < kMost) {
    known_.push_back(shape);
    compressed_.push_back(compressed);
    seen_.push_back(time);
    return;
  }
  const auto oldest = static_cast<std::size_t>(std::ranges::min_element(seen_) - seen_.begin());
  known_[oldest] = shape;
  compressed_[oldest] = compressed;
  seen_[oldest] = time;
}

void ShapeMemory::follow(const RobustScale& scale) {
  if (scale.median() == median_ && scale.deviation() == deviation_) return;
  median_ = scale.median();
  deviation_ = scale.deviation();
  std::ranges::transform(known_, compressed_.begin(),
                         [&](const Shape& shape) { return compress(shape, scale); });
}

ShapeMemory::Nearest ShapeMemory::nearest_to(const Shape& compressed) const {
  Nearest nearest{0, std::numeric_limits<float>::infinity()};
  for (std::size_t i = 0; i < compressed_.size(); ++i) {
    float squares = 0;
    for (std::size_t k = 0; k < kLength; ++k) {
      const float apart = compressed_[i][k] - compressed[k];
      squares += apart * apart;
    }
    if (squares < nearest.squares) nearest = {i, squares};
  }
  return nearest;
}

}  // namespace foreshock::coordinator
