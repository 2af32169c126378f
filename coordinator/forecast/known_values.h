#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Fewer known values than this are no basis for a forecast.
inline constexpr std::size_t kLeastKnownValues = 30;

/// Why there can be no forecast from this history yet and when there will be one; absent: there can
/// be one now.
std::optional<NotYet> why_not_yet(const Series& history);

/// Says of a forecast that there is less history behind it than is looked at, and when all of it
/// will be there. Nothing where nine tenths are, or where something else was said.
void caution_short_history(const Series& history, std::chrono::nanoseconds looked_at,
                           Forecast& forecast);

/// The values from the first known one on, gaps bridged by straight lines, the last known value
/// held to the end.
std::vector<double> bridge_gaps(const Series& history);

/// A forecast that starts where the history ends, still without quantiles.
Forecast begin_forecast(const Series& history, const std::string& model);

/// A forecast that starts where the history ends, from a path of points and the spread of its
/// errors: quantiles ordered, nothing negative.
Forecast make_forecast(const Series& history, const std::string& model,
                       const std::vector<double>& path, const std::vector<Quantiles>& errors);

}  // namespace foreshock::coordinator
