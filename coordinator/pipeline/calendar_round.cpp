#include "coordinator/pipeline/calendar_round.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "common/base/log.h"
#include "coordinator/calendar/fetch.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kLookBack = std::chrono::hours(24 * 28);
constexpr auto kAhead = std::chrono::hours(24 * 14);
constexpr auto kMeasureEvery = std::chrono::hours(1);
// Four weeks of a series are much to read: so many a round, the others have their turn.
constexpr std::size_t kMeasuredPerRound = 16;

}  // namespace

CalendarRound::CalendarRound(const std::vector<CalendarSource>& sources, HistoryReader& history)
    : book_(sources, [](const std::string& url) { return fetch_url(url); }),
      history_(history),
      has_sources_(!sources.empty()) {}

Result<std::vector<CalendarState>> CalendarRound::run(
    std::map<SeriesKey, ForecastOrReason>& forecasts, WallTime now) {
  if (!has_sources_) return std::vector<CalendarState>();
  const TimeSpan span{now - kLookBack, now + kAhead};
  if (const auto problem = book_.refresh(now, span); !problem.empty())
    log_warning("calendar_not_read {}", problem);
  regressors_ = book_.regressors(span);
  std::erase_if(measured_, [&](const auto& one) { return !forecasts.contains(one.first); });
  std::size_t turns = 0;
  for (auto& [key, answer] : forecasts) {
    auto* forecast = std::get_if<Forecast>(&answer);
    if (forecast == nullptr) continue;
    const bool is_due = now - measured_[key].when >= kMeasureEvery;
    if (is_due && turns < kMeasuredPerRound) {
      ++turns;
      FS_CHECK(measure(key, now));
    }
    apply_effects(*forecast, regressors_, measured_[key].effects, ForecastBase::as_it_was);
  }
  auto states = book_.states(now);
  add_usefulness(states);
  return states;
}

Result<void> CalendarRound::measure(const SeriesKey& key, WallTime now) {
  FS_TRY(const auto history, history_.series({key, now - kLookBack, now, std::chrono::hours(1)}));
  measured_.insert_or_assign(key, Measured{now, measure_effects(history, regressors_)});
  return {};
}

void CalendarRound::add_usefulness(std::vector<CalendarState>& states) const {
  for (CalendarState& state : states) {
    for (const auto& [key, measured] : measured_) {
      const auto effect = measured.effects.find(state.name);
      if (effect == measured.effects.end() || effect->second.events == 0) continue;
      ++state.series;
      if (effect->second.helps()) ++state.helped;
      state.usefulness = std::max(state.usefulness, effect->second.usefulness);
    }
  }
}

}  // namespace foreshock::coordinator
