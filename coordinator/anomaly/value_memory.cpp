#include "coordinator/anomaly/value_memory.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace foreshock::coordinator {

namespace {

// A fifth of the smallest distance that a detector takes notice of.
constexpr double kSame = .005;

}  // namespace

std::vector<ValueMemory::Known>::const_iterator ValueMemory::nearest_to(
    double value, const RobustScale& scale) const {
  const auto above = std::ranges::lower_bound(known_, value, {}, &Known::value);
  if (above == known_.begin()) return above;
  const auto below = std::prev(above);
  if (above == known_.end()) return below;
  const double here = scale.compress(value);
  return here - scale.compress(below->value) < scale.compress(above->value) - here ? below : above;
}

ValueMemory::Novelty ValueMemory::novelty(double value, const RobustScale& scale) const {
  Novelty novelty;
  if (known_.empty()) return novelty;
  const auto nearest = nearest_to(value, scale);
  novelty.nearest = nearest->value;
  novelty.distance = std::abs(scale.compress(value) - scale.compress(nearest->value));
  novelty.is_above = value > known_.back().value;
  novelty.is_below = value < known_.front().value;
  return novelty;
}

void ValueMemory::remember(WallTime time, double value, const RobustScale& scale) {
  if (!known_.empty()) {
    const auto nearest = nearest_to(value, scale);
    if (std::abs(scale.compress(value) - scale.compress(nearest->value)) < kSame) {
      known_[static_cast<std::size_t>(nearest - known_.begin())].seen = time;
      return;
    }
  }
  if (known_.size() >= kMost) forget(time);
  known_.insert(std::ranges::upper_bound(known_, value, {}, &Known::value), {value, time});
}

void ValueMemory::forget(WallTime now) {
  std::vector<WallTime> seen;
  seen.reserve(known_.size());
  for (const Known& known : known_) seen.push_back(known.seen);
  // An eighth at once, so that this is rare.
  const auto eighth = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 8);
  std::nth_element(seen.begin(), eighth, seen.end());
  const WallTime oldest = std::max(*eighth, now - kMemory);
  std::erase_if(known_, [&](const Known& known) { return known.seen <= oldest; });
}

}  // namespace foreshock::coordinator
