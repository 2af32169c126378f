#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "coordinator/forecast/point_model.h"

namespace foreshock::coordinator {

/// Errors (actual less predicted) that a model made at rolling origins, pooled by how far ahead:
/// bucket b holds distances [2^b, 2^(b+1)) steps. What intervals are made of, and what models are
/// compared by.
struct BacktestErrors {
  std::vector<std::vector<double>> by_bucket;  ///< each sorted ascending
  std::size_t points = 0;

  const std::vector<double>& at_distance(std::size_t steps_ahead) const;
};

/// Steps ahead (from 1) → bucket.
std::size_t bucket_of(std::size_t steps_ahead);

/// Lets the model predict from `origins` points spread over the newer half of the values, never
/// looking past them. Pure; the cost is that of `origins` predictions.
BacktestErrors backtest(const PointModel& model, const std::vector<double>& values,
                        std::size_t season, std::size_t points, std::size_t origins);

/// Offsets of the seven quantile levels from the middle value: empirical quantiles of the errors,
/// with the finite- sample correction of split conformal prediction, so that a band covers what it
/// says. Source: Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World" (2005), split
/// conformal.
std::array<double, 7> error_quantiles(const std::vector<double>& sorted_errors);

/// Mean pinball loss over all errors and the seven levels, were each bucket's band made from these
/// errors.
double mean_pinball(const BacktestErrors& errors);
/// Share of errors inside their bucket's [.1, .9] band, each judged by a band made without its own
/// half.
double coverage80(const BacktestErrors& errors);

}  // namespace foreshock::coordinator
