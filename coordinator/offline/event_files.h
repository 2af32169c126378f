#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/calendar/calendar_event.h"
#include "coordinator/model/regressor.h"

// Inside coordinator/offline only: what is known from outside, as a command line names it.
namespace foreshock::coordinator {

struct EventSources {
  std::vector<std::string> files;      ///< CSV of campaigns
  std::vector<std::string> countries;  ///< whose public holidays count
};

/// One a source, hourly over the span. Errors name file, line and column, or the countries that
/// there are.
Result<std::vector<Regressor>> read_event_sources(const EventSources& sources, TimeSpan span);

}  // namespace foreshock::coordinator
