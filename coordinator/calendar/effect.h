#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/calendar/usual_load.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/regressor.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What load a regressor brings, and whether knowing it ahead would have helped.
struct RegressorEffect {
  /// Of the series' unit, for one unit of the regressor, at any hour.
  double per_unit = 0;
  /// In place of that: the day of the week (Monday is 0) that the days of events are like, a
  /// Saturday or a Sunday, as public holidays often are.
  std::optional<std::size_t> like_day = {};
  UsualLoad usual = {};  ///< beside its level

  std::size_t events = 0;  ///< stretches in which the regressor was not zero, and the series known
  double usefulness = 0;   ///< share of the error inside such stretches that it takes away
  /// What it took away over all events, in standard deviations were it chance in each of them.
  double certainty = 0;
  double spread = 1;  ///< error inside of them, the effect known, beside that outside; 1 to 3

  /// A tenth at least, over three events at least, and hardly by chance; of days that are like a
  /// weekend's next to nothing has to be learned, and six tenths of one event's suffice. Below that
  /// it is switched off.
  bool helps() const {
    return (events >= 3 && usefulness >= .1 && certainty >= 1.1) ||
           (like_day && events >= 1 && usefulness >= .6);
  }
  /// What the regressor at that strength changes at that time.
  double change_at(WallTime time, double strength) const;
};

/// By the regressor's name.
using RegressorEffects = std::map<std::string, RegressorEffect>;

/// The hours outside of events tell the level around an event and what is usual at the hour of the
/// week; what is left inside is what the regressor may explain. Each event is guessed from the
/// others, with and without the effect (leave-one-out cross-validation). One regressor after the
/// other, the most useful one first, each from what those before it leave: two calendars that know
/// the same day do not count it twice.
/// @param history  in steps of an hour or less. O(hours x regressors^2). Names are all different.
RegressorEffects measure_effects(const Series& history, const std::vector<Regressor>& regressors);

/// Takes out of a history what regressors that help brought, so that no season repeats it.
void remove_effects(Series& history, const std::vector<Regressor>& regressors,
                    const RegressorEffects& effects);

/// What a forecast was made from.
enum class ForecastBase {
  as_it_was,        ///< what goes on at its making is in its values already
  without_effects,  ///< remove_effects()
};
/// Moves the forecast by what regressors that help bring, and widens it by their spread in events
/// that are still to come.
void apply_effects(Forecast& forecast, const std::vector<Regressor>& regressors,
                   const RegressorEffects& effects, ForecastBase base);

}  // namespace foreshock::coordinator
