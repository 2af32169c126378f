#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "coordinator/anomaly/daily_profile.h"
#include "coordinator/anomaly/detector.h"
#include "coordinator/anomaly/robust_scale.h"
#include "coordinator/anomaly/shape_memory.h"
#include "coordinator/anomaly/value_memory.h"

namespace foreshock::coordinator {

/// A value that was never seen: a fortieth of the usual deviation (or of the value, where it is far
/// from usual) beyond all known ones is the limit; between known ones it takes two and a half times
/// as much, as both sides of it were seen already.
class ValueDetector final : public Detector {
 public:
  std::string_view name() const override { return "value"; }
  Suspicion observe(WallTime time, double value) override;

 private:
  RobustScale scale_;
  ValueMemory memory_;
};

/// The highest value within a step, where the step's mean says little of what is short: a whole
/// usual deviation of such peaks above all known ones.
class PeakDetector final : public Detector {
 public:
  std::string_view name() const override { return "peak"; }
  Suspicion observe(WallTime time, double value) override;

 private:
  RobustScale scale_;
  ValueMemory memory_;
};

/// A departure from what is usual at this time of the day that was never seen: the mean of the last
/// four departures, a whole usual departure away from all known ones.
class DailyDetector final : public Detector {
 public:
  std::string_view name() const override { return "daily"; }
  Suspicion observe(WallTime time, double value) override;

 private:
  Suspicion judge_departure(WallTime time, double newest);

  RobustScale values_;
  RobustScale departures_;
  DailyProfile profile_;
  ValueMemory memory_;
  std::optional<WallTime> first_departure_;
  std::deque<double> recent_;                        ///< departures, newest last
  std::deque<std::pair<WallTime, double>> waiting_;  ///< means that overlap the newest one
};

/// A course of four values that was never seen: a whole usual deviation away from all known ones.
class ShapeDetector final : public Detector {
 public:
  std::string_view name() const override { return "shape"; }
  Suspicion observe(WallTime time, double value) override;

 private:
  RobustScale scale_;
  ShapeMemory memory_;
  std::deque<float> recent_;
  std::deque<std::pair<WallTime, ShapeMemory::Shape>> waiting_;  ///< those that overlap the newest
};

}  // namespace foreshock::coordinator
