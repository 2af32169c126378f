#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/lead.h"
#include "coordinator/model/regressor.h"
#include "coordinator/model/tag.h"

namespace foreshock::coordinator {

/// What the learning thread knows; published as a whole after each round.
struct LearnedState {
  WallTime learned_at;  ///< zero: never yet
  std::chrono::nanoseconds took{};
  std::vector<LeadCommand> leads;
  std::map<SeriesKey, ForecastOrReason> forecasts;  ///< not moved by commands seen since
  /// Of series that have no forecast of their own yet, from similar ones. Shown, never acted on.
  std::map<SeriesKey, Forecast> priors;
  std::map<SeriesKey, std::vector<ModelScore>> scores;  ///< best first
  std::vector<Tag> tags;           ///< in order of their workloads: see tags_of()
  std::vector<Tag> tag_proposals;  ///< likely, not taken
  std::vector<CalendarState> calendars;
  std::vector<Regressor> regressors;       ///< what calendars say, by the hour, two weeks ahead
  std::size_t watched_for_anomalies = 0;   ///< series
  std::size_t settling_for_anomalies = 0;  ///< of these, so new that only what is far out is told
  std::string problem;                     ///< why the last round failed; empty: it did not
};

}  // namespace foreshock::coordinator
