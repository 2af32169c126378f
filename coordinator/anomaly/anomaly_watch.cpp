#include "coordinator/anomaly/anomaly_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "coordinator/anomaly/detectors.h"

namespace foreshock::coordinator {

namespace {

constexpr double kToldFrom = .5;    // of a score: a detector's limit is reached
constexpr double kAgreesFrom = .5;  // of a level

}  // namespace

std::optional<WallTime> AnomalyWatch::seen_until(const SeriesKey& key) const {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return std::nullopt;
  return found->second.until;
}

std::size_t AnomalyWatch::settling() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      watches_, [](const auto& watch) { return !watch.second.series.is_settled(); }));
}

std::vector<std::unique_ptr<Detector>> AnomalyWatch::make_peak_detectors() {
  std::vector<std::unique_ptr<Detector>> detectors;
  detectors.push_back(std::make_unique<PeakDetector>());
  return detectors;
}

Verdict AnomalyWatch::join(Verdict verdict, Verdict peak) {
  const bool is_higher = peak.score > verdict.score;
  if (is_higher) std::swap(verdict, peak);
  verdict.agreeing += peak.agreeing;
  if (!peak.reason.empty()) verdict.reason += (verdict.reason.empty() ? "" : "; ") + peak.reason;
  return verdict;
}

std::vector<Anomaly> AnomalyWatch::watch(const Series& series, const Series& peaks) {
  std::vector<Anomaly> told;
  auto found = watches_.find(series.key);
  const bool is_first = found == watches_.end();
  if (is_first) {
    if (watches_.size() >= max_series_) return told;
    found = watches_.try_emplace(series.key).first;
  }
  Watch& watch = found->second;
  const bool has_peaks = peaks.values.size() == series.values.size();
  WallTime time = series.start;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    const double value = series.values[i];
    const WallTime here = std::exchange(time, time + series.step);
    if (here < watch.until || !std::isfinite(value)) continue;
    watch.until = time;
    Verdict verdict = watch.series.observe(here, value);
    if (has_peaks) verdict = join(std::move(verdict), watch.peaks.observe(here, peaks.values[i]));
    if (is_first || verdict.score < kToldFrom) continue;
    if (auto band = outside_band(watch.expected, here, value)) {
      ++verdict.agreeing;
      verdict.reason += "; " + band->reason;
    }
    told.push_back({.key = series.key,
                    .time = here,
                    .value = value,
                    .score = verdict.score,
                    .agreeing = verdict.agreeing,
                    .detector = std::move(verdict.detector),
                    .reason = std::move(verdict.reason)});
  }
  return told;
}

void AnomalyWatch::expect(const Forecast& forecast) {
  const auto found = watches_.find(forecast.key);
  if (found != watches_.end()) found->second.expected = forecast;
}

void AnomalyWatch::forget_unseen(WallTime before) {
  std::erase_if(watches_, [&](const auto& watch) { return watch.second.until < before; });
}

std::optional<Suspicion> AnomalyWatch::outside_band(const Forecast& forecast, WallTime time,
                                                    double value) {
  if (forecast.quantiles.empty() || time < forecast.start) return std::nullopt;
  const auto point = static_cast<std::size_t>((time - forecast.start) / forecast.step);
  if (point >= forecast.quantiles.size()) return std::nullopt;
  const double low = forecast.quantiles[point].front();
  const double high = forecast.quantiles[point].back();
  const double beyond = std::max(low - value, value - high);
  if (beyond <= 0) return std::nullopt;
  const double width = std::max(high - low, 1e-9);
  return Suspicion{std::min(kAgreesFrom + beyond / width, 1.0),
                   fmt::format("{:.4g} to {:.4g} was forecast", low, high)};
}

}  // namespace foreshock::coordinator
