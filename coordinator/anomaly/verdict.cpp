#include "coordinator/anomaly/verdict.h"

#include <algorithm>
#include <cmath>

#include "coordinator/anomaly/detectors.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kQuiet = 80;
constexpr double kAgrees = .5;
// A repetition stays far below any threshold, but is not nothing.
constexpr double kRepeated = .1;

std::vector<std::unique_ptr<Detector>> make_detectors() {
  std::vector<std::unique_ptr<Detector>> detectors;
  detectors.push_back(std::make_unique<ValueDetector>());
  detectors.push_back(std::make_unique<DailyDetector>());
  detectors.push_back(std::make_unique<ShapeDetector>());
  return detectors;
}

}  // namespace

SeriesWatch::SeriesWatch() : SeriesWatch(make_detectors()) {}

SeriesWatch::SeriesWatch(std::vector<std::unique_ptr<Detector>> detectors)
    : detectors_(std::move(detectors)) {}

Verdict SeriesWatch::observe(WallTime time, double value) {
  Verdict verdict;
  if (!std::isfinite(value)) return verdict;
  const double settled =
      std::min(1.0, static_cast<double>(count_) / static_cast<double>(kSettling));
  ++count_;
  std::vector<std::string> others;
  for (const auto& detector : detectors_) {
    Suspicion suspicion = detector->observe(time, value);
    suspicion.level *= settled;
    if (suspicion.level >= kAgrees) ++verdict.agreeing;
    if (suspicion.level > verdict.level) {
      if (!verdict.reason.empty()) others.push_back(std::move(verdict.reason));
      verdict.level = suspicion.level;
      verdict.detector = detector->name();
      verdict.reason = std::move(suspicion.reason);
    } else if (!suspicion.reason.empty()) {
      others.push_back(std::move(suspicion.reason));
    }
  }
  for (const std::string& other : others) verdict.reason += "; " + other;
  verdict.is_repetition = is_repetition(verdict.level);
  verdict.score = verdict.level / (1 + verdict.level) * (verdict.is_repetition ? kRepeated : 1);
  return verdict;
}

bool SeriesWatch::is_repetition(double level) {
  while (!highest_.empty() && highest_.front().first + kQuiet < count_) highest_.pop_front();
  const bool repeated = !highest_.empty() && highest_.front().second >= level;
  while (!highest_.empty() && highest_.back().second <= level) highest_.pop_back();
  highest_.emplace_back(count_, level);
  return repeated;
}

}  // namespace foreshock::coordinator
