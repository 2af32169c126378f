#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/calendar/calendar_book.h"
#include "coordinator/calendar/effect.h"
#include "coordinator/history/history_store.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// The part of a learning round that brings in outside knowledge: reads the sources that are due,
/// measures now and then what each does to each series, and moves the forecasts by those that help.
/// Thread `learn`.
class CalendarRound {
 public:
  /// `history` outlives it.
  CalendarRound(const std::vector<CalendarSource>& sources, HistoryReader& history);

  /// @return the sources and whether they help.
  Result<std::vector<CalendarState>> run(std::map<SeriesKey, ForecastOrReason>& forecasts,
                                         WallTime now);
  /// What the sources said in the last run: four weeks back and two ahead.
  const std::vector<Regressor>& regressors() const { return regressors_; }

 private:
  struct Measured {
    WallTime when;
    RegressorEffects effects;
  };

  Result<void> measure(const SeriesKey& key, WallTime now);
  void add_usefulness(std::vector<CalendarState>& states) const;

  CalendarBook book_;
  HistoryReader& history_;
  const bool has_sources_;
  std::vector<Regressor> regressors_;
  std::map<SeriesKey, Measured> measured_;
};

}  // namespace foreshock::coordinator
