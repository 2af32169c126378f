#include "coordinator/pipeline/online_round.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace foreshock::coordinator {

Result<void> OnlineRound::restore() {
  if (is_restored_) return {};
  FS_TRY(const auto states, parts_.store.load());
  for (const auto& [key, bytes] : states) {
    auto restored = OnlineForecaster::restore(bytes);
    // What cannot be read, or is of other steps, begins anew with the history that there is.
    if (!restored) {
      log_warning("online_forecast_begins_anew series=\"{}\" error=\"{}\"", to_string(key),
                  restored.error().message());
    } else if (restored->step() == options_.step) {
      forecasters_.insert_or_assign(key, *std::move(restored));
    }
  }
  is_restored_ = true;
  return {};
}

Result<OnlineRound::Outcome> OnlineRound::run(const std::vector<SeriesKey>& keys, WallTime now) {
  FS_CHECK(restore());
  const WallTime to(now.time_since_epoch() / options_.step * options_.step);
  Outcome outcome;
  for (const auto& key : keys) {
    if (outcome.forecasts.size() == options_.max_series) break;
    OnlineForecaster& forecaster = forecasters_.try_emplace(key, options_.step).first->second;
    FS_TRY(const auto fresh, catch_up(key, forecaster, to));
    const auto scored = check_.score(fresh);
    outcome.scored.insert(outcome.scored.end(), scored.begin(), scored.end());
    auto answer = forecaster.forecast(key, options_.points);
    if (auto* forecast = std::get_if<Forecast>(&answer)) {
      forecast->made_at = now;
      check_.remember(*forecast, last_known(fresh));
    }
    outcome.forecasts.emplace(key, std::move(answer));
  }
  FS_CHECK(save_when_due(now));
  return outcome;
}

Result<Series> OnlineRound::catch_up(const SeriesKey& key, OnlineForecaster& forecaster,
                                     WallTime to) {
  const WallTime from = std::max(forecaster.end(), to - options_.history);
  if (from >= to) return Series{.key = key, .start = to, .step = options_.step, .values = {}};
  FS_TRY(const auto series, parts_.history.series({key, from, to, options_.step}));
  for (std::size_t i = 0; i < series.values.size(); ++i)
    forecaster.update(series.start + series.step * static_cast<std::int64_t>(i), series.values[i]);
  return series;
}

Result<void> OnlineRound::save_when_due(WallTime now) {
  if (now - saved_at_ < options_.save_interval && saved_at_ <= now) return {};
  std::vector<OnlineStore::State> states;
  for (auto it = forecasters_.begin(); it != forecasters_.end();) {
    const auto& [key, forecaster] = *it;
    const bool is_gone = forecaster.end() < now - options_.max_age;
    if (!is_gone) states.emplace_back(key, forecaster.save());
    it = is_gone ? forecasters_.erase(it) : std::next(it);
  }
  FS_CHECK(parts_.store.save(states, now));
  FS_CHECK(parts_.store.forget_before(now - options_.max_age));
  saved_at_ = now;
  return {};
}

}  // namespace foreshock::coordinator
