#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/telemetry/metrics.h"
#include "coordinator/anomaly/anomaly_log.h"
#include "coordinator/anomaly/anomaly_watch.h"
#include "coordinator/anomaly/unusual_sessions.h"
#include "coordinator/history/history_store.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

struct AnomalyOptions {
  /// Width of one value that is judged: finer ones raise the number of false alarms a day.
  std::chrono::nanoseconds step = std::chrono::minutes(1);
  /// What lasts as long as this shows as a peak within such a step.
  std::chrono::nanoseconds peak_step = std::chrono::seconds(10);
  /// How much of a series' past is learned from when it is first seen.
  std::chrono::nanoseconds look_back = std::chrono::hours(24 * 7);
  std::chrono::nanoseconds max_age = std::chrono::hours(24 * 90);
};

/// The part of a learning round that watches for anomalies: reads what came since the round before,
/// judges it, writes down what is unusual. Thread `learn`.
class AnomalyRound {
 public:
  /// Borrowed; all outlive it.
  struct Parts {
    HistoryReader& history;
    AnomalyLog& log;
    UnusualSessions& sessions;  ///< found by another thread, written down by this one
    MetricRegistry& metrics;
  };
  AnomalyRound(AnomalyOptions options, std::size_t max_series, Parts parts);

  /// @param forecasts  the newest: what the values of the next round are compared with.
  Result<void> run(const std::vector<SeriesKey>& keys,
                   const std::map<SeriesKey, ForecastOrReason>& forecasts, WallTime now);
  std::size_t watched() const { return watch_.watched(); }
  std::size_t settling() const { return watch_.settling(); }

 private:
  Result<std::vector<Anomaly>> judge(const std::vector<SeriesKey>& keys, WallTime until);

  Result<Series> read_peaks(const Series& series);

  const AnomalyOptions options_;
  HistoryReader& history_;
  AnomalyLog& log_;
  UnusualSessions& sessions_;
  AnomalyWatch watch_;
  Counter& confirmed_;
  Counter& single_;
  Gauge& watched_;
};

}  // namespace foreshock::coordinator
