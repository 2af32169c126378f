#include "coordinator/pipeline/anomaly_round.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <variant>

#include "common/base/log.h"

namespace foreshock::coordinator {

namespace {

// Learning from a series' past takes long: so many of its values a round, the others have their
// turn. On a young history that is all of them at once: what comes before its turn is not told.
constexpr std::size_t kPastPerRound = 80'000;
constexpr auto kForgetUnseenAfter = std::chrono::hours(24);

std::size_t known_values(const Series& series) {
  return static_cast<std::size_t>(
      std::ranges::count_if(series.values, [](double value) { return std::isfinite(value); }));
}

Counter& counter_of(MetricRegistry& metrics, std::string_view confirmed) {
  return metrics.counter("foreshock_anomalies_total",
                         "Unusual values of series; confirmed: several detectors agree.",
                         make_label("confirmed", confirmed));
}

}  // namespace

AnomalyRound::AnomalyRound(AnomalyOptions options, std::size_t max_series, Parts parts)
    : options_(options),
      history_(parts.history),
      log_(parts.log),
      sessions_(parts.sessions),
      watch_(max_series),
      confirmed_(counter_of(parts.metrics, "yes")),
      single_(counter_of(parts.metrics, "no")),
      watched_(parts.metrics.gauge("foreshock_anomaly_series",
                                   "Series that are watched for anomalies.")) {}

Result<void> AnomalyRound::run(const std::vector<SeriesKey>& keys,
                               const std::map<SeriesKey, ForecastOrReason>& forecasts,
                               WallTime now) {
  const WallTime until(now.time_since_epoch() / options_.step * options_.step);
  FS_TRY(const auto found, judge(keys, until));
  FS_CHECK(log_.add(found, sessions_.take()));
  FS_CHECK(log_.forget_before(now - options_.max_age));
  for (const Anomaly& one : found) {
    (one.is_confirmed() ? confirmed_ : single_).add();
    if (one.is_confirmed()) {
      log_info("anomaly series=\"{}\" score={:.2f} reason=\"{}\"", to_string(one.key), one.score,
               one.reason);
    }
  }
  for (const auto& [key, forecast] : forecasts) {
    if (const auto* there = std::get_if<Forecast>(&forecast)) watch_.expect(*there);
  }
  watch_.forget_unseen(now - options_.look_back - kForgetUnseenAfter);
  watched_.set(static_cast<double>(watch_.watched()));
  return {};
}

Result<Series> AnomalyRound::read_peaks(const Series& series) {
  const auto per_step = static_cast<std::size_t>(options_.step / options_.peak_step);
  if (per_step < 2) return Series{};
  Series peaks{series.key, series.start, series.step, {}};
  const auto fine_step = options_.step / static_cast<std::int64_t>(per_step);
  FS_TRY(const auto fine, history_.series({series.key, series.start, series.end(), fine_step}));
  for (std::size_t from = 0; from + per_step <= fine.values.size(); from += per_step) {
    double peak = std::nan("");
    for (std::size_t i = from; i < from + per_step; ++i) peak = std::fmax(peak, fine.values[i]);
    peaks.values.push_back(peak);
  }
  return peaks;
}

Result<std::vector<Anomaly>> AnomalyRound::judge(const std::vector<SeriesKey>& keys,
                                                 WallTime until) {
  std::vector<Anomaly> all;
  std::size_t past = 0;
  for (const SeriesKey& key : keys) {
    const auto seen = watch_.seen_until(key);
    if (!seen && past >= kPastPerRound) continue;
    const WallTime from = seen.value_or(until - options_.look_back);
    if (from >= until) continue;
    FS_TRY(const auto series, history_.series({key, from, until, options_.step}));
    FS_TRY(const auto peaks, read_peaks(series));
    if (!seen) past += known_values(series);
    const auto found = watch_.watch(series, peaks);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace foreshock::coordinator
