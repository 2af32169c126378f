#include "coordinator/anomaly/daily_profile.h"

#include <algorithm>
#include <chrono>

namespace foreshock::coordinator {

namespace {

constexpr std::int64_t kSlotCount = DailyProfile::kSlots;
constexpr std::chrono::nanoseconds kSlotLength =
    std::chrono::minutes(std::int64_t{24} * 60 / kSlotCount);
constexpr std::int64_t kNeighbours = 2;  // ten minutes
constexpr double kKept = .8;             // of what earlier days weigh, each day
constexpr double kMostDeviations = 3;

/// Slots since 1970.
std::int64_t slot_of(WallTime time) {
  return time.time_since_epoch() / kSlotLength;
}

std::size_t index_of(std::int64_t slot) {
  return static_cast<std::size_t>(((slot % kSlotCount) + kSlotCount) % kSlotCount);
}

}  // namespace

std::optional<double> DailyProfile::expected(WallTime time) const {
  // Slots ahead were last seen yesterday; those behind were seen today and say what is, not what is
  // usual.
  const std::int64_t here = slot_of(time);
  for (std::int64_t slot = here; slot <= here + kNeighbours; ++slot) {
    const Slot& known = slots_[index_of(slot)];
    if (known.weight > 0) return known.mean;
  }
  return std::nullopt;
}

void DailyProfile::learn(WallTime time, double value, double deviation) {
  const std::int64_t slot = slot_of(time);
  if (slot != open_) {
    close_slot();
    open_ = slot;
  }
  open_sum_ += value;
  open_count_ += 1;
  deviation_ = deviation;
}

void DailyProfile::close_slot() {
  if (open_count_ == 0) return;
  Slot& slot = slots_[index_of(open_)];
  double value = open_sum_ / open_count_;
  if (slot.weight > 0) {
    value = std::clamp(value, slot.mean - kMostDeviations * deviation_,
                       slot.mean + kMostDeviations * deviation_);
  }
  const double kept = slot.weight * kKept;
  slot.mean = (slot.mean * kept + value) / (kept + 1);
  slot.weight = kept + 1;
  open_sum_ = 0;
  open_count_ = 0;
}

}  // namespace foreshock::coordinator
