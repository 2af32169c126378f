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
  std::map<SeriesKey, ForecastOrReason> forecasts;      ///< not moved by commands seen since
  std::map<SeriesKey, std::vector<ModelScore>> scores;  ///< best first
  std::vector<Tag> tags;
  std::vector<CalendarState> calendars;
  std::string problem;  ///< why the last round failed; empty: it did not
};

}  // namespace foreshock::coordinator
