#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/forecast/online_forecaster.h"
#include "coordinator/history/history_store.h"
#include "coordinator/registry/forecast_check.h"
#include "coordinator/registry/online_store.h"

namespace foreshock::coordinator {

/// The part of a learning round that forecasts the many series that no model is trained for: each
/// value is learned when it is there, and the state is kept over restarts. About 45 KiB a series at
/// ten-second steps. Thread `learn`.
class OnlineRound {
 public:
  struct Options {
    std::chrono::nanoseconds step{};
    std::chrono::nanoseconds history{};  ///< that a new series begins with
    std::size_t points = 60;             ///< steps ahead
    std::size_t max_series = 2000;       ///< further ones are left out
    std::chrono::nanoseconds save_interval = std::chrono::minutes(10);
    std::chrono::nanoseconds max_age = std::chrono::days(14);  ///< of series that are gone
  };
  /// Borrowed; outlive it.
  struct Parts {
    HistoryReader& history;
    OnlineStore& store;
  };
  OnlineRound(Options options, Parts parts) : options_(options), parts_(parts) {}

  struct Outcome {
    std::map<SeriesKey, ForecastOrReason> forecasts;
    std::vector<ScoredPoint> scored;  ///< how forecasts of earlier rounds came out
  };
  /// Learns what is new of these series and forecasts them, those first that come first.
  Result<Outcome> run(const std::vector<SeriesKey>& keys, WallTime now);

 private:
  Result<void> restore();
  /// @return what came since the round before.
  Result<Series> catch_up(const SeriesKey& key, OnlineForecaster& forecaster, WallTime to);
  Result<void> save_when_due(WallTime now);

  const Options options_;
  const Parts parts_;
  /// A sample of the many series is enough to tell how good the forecaster is.
  static constexpr std::size_t kMostChecked = 256;

  std::map<SeriesKey, OnlineForecaster> forecasters_;
  ForecastCheck check_{kMostChecked};
  bool is_restored_ = false;
  WallTime saved_at_;
};

}  // namespace foreshock::coordinator
