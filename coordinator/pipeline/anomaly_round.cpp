#include "coordinator/pipeline/anomaly_round.h"

#include <variant>

#include "common/base/log.h"

namespace foreshock::coordinator {

namespace {

// Reading a series' past takes long: so many a round, the others have their turn.
constexpr std::size_t kNewPerRound = 8;
constexpr auto kForgetUnseenAfter = std::chrono::hours(24);

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
  FS_CHECK(log_.add(found));
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

Result<std::vector<Anomaly>> AnomalyRound::judge(const std::vector<SeriesKey>& keys,
                                                 WallTime until) {
  std::vector<Anomaly> all;
  std::size_t fresh = 0;
  for (const SeriesKey& key : keys) {
    const auto seen = watch_.seen_until(key);
    if (!seen && ++fresh > kNewPerRound) continue;
    const WallTime from = seen.value_or(until - options_.look_back);
    if (from >= until) continue;
    FS_TRY(const auto series, history_.series({key, from, until, options_.step}));
    const auto found = watch_.watch(series);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace foreshock::coordinator
