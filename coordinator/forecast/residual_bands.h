#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// The path of `points` values that a model predicts when it stands right before values[origin].
using PathFrom = std::function<std::vector<double>(std::size_t origin, std::size_t points)>;

/// How wrong a model's paths were in its own past, as quantiles per step ahead: what makes a band
/// honest whatever the model assumes. The paths from up to sixty origins after `first_origin` are
/// compared with what came; errors at similar distances are pooled; levels get the finite-sample
/// correction; beyond the longest distance seen the band grows with the square root of the
/// distance. Bridged values count as what came. Cost: origins × points, plus sorting. Source: split
/// conformal prediction, Vovk et al., "Algorithmic Learning in a Random World" (2005), applied per
/// horizon as in Stankevičiūtė et al., "Conformal time-series forecasting" (2021).
std::vector<Quantiles> residual_bands(const std::vector<double>& values, std::size_t first_origin,
                                      std::size_t points, const PathFrom& path_from);

}  // namespace foreshock::coordinator
