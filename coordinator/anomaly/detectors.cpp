#include "coordinator/anomaly/detectors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr double kValueLimit = .025;
// A new value is of interest from a quarter of a percent away from all known ones on.
constexpr double kValueShare = .0025;
constexpr double kBetween = .4;  // what a distance counts where both sides are known
constexpr double kPeakLimit = 1;
constexpr double kPeakShare = .1;  // a peak that is a tenth higher is of interest
constexpr double kDailyLimit = 1;
// Of what is usual all day.
constexpr double kDailyShare = .01;
constexpr double kShapeLimit = 1;
constexpr std::size_t kWindow = ShapeMemory::kLength;
// What came within so many values is part of the same event and does not explain it.
constexpr std::size_t kEvent = 16;
constexpr double kWorthAReason = .5;

}  // namespace

Suspicion ValueDetector::observe(WallTime time, double value) {
  Suspicion suspicion;
  if (scale_.is_known()) {
    const ValueMemory::Novelty novelty = memory_.novelty(value, scale_);
    const bool is_beyond = novelty.is_above || novelty.is_below;
    const double apart = std::abs(value - novelty.nearest) /
                         std::max({std::abs(value), std::abs(novelty.nearest), 1e-300});
    suspicion.level =
        std::min(novelty.distance / kValueLimit, apart / kValueShare) * (is_beyond ? 1 : kBetween);
    if (suspicion.level >= kWorthAReason) {
      const char* where = novelty.is_above   ? "above all values seen, up to now"
                          : novelty.is_below ? "below all values seen, down to now"
                                             : "between values seen, the nearest";
      suspicion.reason = fmt::format("{:.4g} is {} {:.4g}", value, where, novelty.nearest);
    }
  }
  scale_.add(value);
  memory_.remember(time, value, scale_);
  return suspicion;
}

Suspicion PeakDetector::observe(WallTime time, double value) {
  Suspicion suspicion;
  if (scale_.is_known()) {
    const ValueMemory::Novelty novelty = memory_.novelty(value, scale_);
    const double apart = std::abs(value - novelty.nearest) / std::max(std::abs(value), 1e-300);
    if (novelty.is_above)
      suspicion.level = std::min(novelty.distance / kPeakLimit, apart / kPeakShare);
    if (suspicion.level >= kWorthAReason) {
      suspicion.reason =
          fmt::format("a peak of {:.4g}, the highest before was {:.4g}", value, novelty.nearest);
    }
  }
  scale_.add(value);
  memory_.remember(time, value, scale_);
  return suspicion;
}

Suspicion DailyDetector::observe(WallTime time, double value) {
  Suspicion suspicion;
  const auto expected = profile_.expected(time);
  if (expected) {
    suspicion = judge_departure(time, value - *expected);
  } else {
    recent_.clear();
  }
  values_.add(value);
  profile_.learn(time, value, values_.deviation());
  return suspicion;
}

Suspicion DailyDetector::judge_departure(WallTime time, double newest) {
  recent_.push_back(newest);
  if (recent_.size() > kWindow) recent_.pop_front();
  const double departure =
      std::accumulate(recent_.begin(), recent_.end(), 0.0) / static_cast<double>(recent_.size());
  if (!first_departure_) first_departure_ = time;
  Suspicion suspicion;
  // What departures are usual takes a day to see.
  if (departures_.is_known() && time - *first_departure_ >= std::chrono::hours(24)) {
    const ValueMemory::Novelty novelty = memory_.novelty(departure, departures_);
    const double apart =
        std::abs(departure - novelty.nearest) / std::max(std::abs(values_.median()), 1e-300);
    suspicion.level = std::min(novelty.distance / kDailyLimit, apart / kDailyShare);
    if (suspicion.level >= kWorthAReason) {
      suspicion.reason =
          fmt::format("{:.4g} {} what is usual at this time of the day, as never before",
                      std::abs(departure), departure < 0 ? "below" : "above");
    }
  }
  departures_.add(departure);
  waiting_.emplace_back(time, departure);
  if (waiting_.size() >= kEvent) {
    memory_.remember(waiting_.front().first, waiting_.front().second, departures_);
    waiting_.pop_front();
  }
  return suspicion;
}

Suspicion ShapeDetector::observe(WallTime time, double value) {
  Suspicion suspicion;
  recent_.push_back(static_cast<float>(value));
  if (recent_.size() > kWindow) recent_.pop_front();
  scale_.add(value);
  if (!scale_.is_known() || recent_.size() < kWindow) return suspicion;
  ShapeMemory::Shape shape{};
  std::ranges::copy(recent_, shape.begin());
  suspicion.level = memory_.novelty(shape, scale_) / kShapeLimit;
  if (suspicion.level >= kWorthAReason) {
    suspicion.reason = fmt::format("the course {:.4g}, {:.4g}, {:.4g}, {:.4g} is unlike all seen",
                                   shape[0], shape[1], shape[2], shape[3]);
  }
  waiting_.emplace_back(time, shape);
  if (waiting_.size() > kEvent) {
    memory_.remember(waiting_.front().first, waiting_.front().second, scale_);
    waiting_.pop_front();
  }
  return suspicion;
}

}  // namespace foreshock::coordinator
