#pragma once

#include <string>

#include "common/base/result.h"
#include "coordinator/decide/decision_log.h"
#include "coordinator/model/decision.h"

namespace foreshock::coordinator {

/// The whole decision as a JSON object: what goes into the log. Times are UTC ISO 8601; limits and
/// capacities are in the `unit` it names, forecast values in `forecast.unit`. Of a long forecast
/// the highest point of each of kBandParts parts is kept. Bytes that are not UTF-8 are replaced.
/// Pure.
std::string to_json_text(const Decision& decision);
inline constexpr std::size_t kBandParts = 24;

/// The decision for people: what was done and why, inputs, forecast, candidates, clips, and what
/// became of it. Control characters of reported texts are masked. `corrupt` when the details are
/// not what to_json_text() makes.
Result<std::string> explain(const DecisionRow& row);

}  // namespace foreshock::coordinator
