#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include "coordinator/demand/demand_model.h"

namespace foreshock::coordinator {

/// How predictions of one target came out.
struct DemandScore {
  std::size_t predictions = 0;
  double model_pinball = 0;      ///< mean, in the target's unit
  double history_pinball = 0;    ///< of the per-signature empirical quantiles on the same records
  double model_log_pinball = 0;  ///< mean over the logarithms: each command counts alike
  double history_log_pinball = 0;
  double coverage90 = 0;  ///< share of actual values inside [.05, .95] of the model
  double history_coverage90 = 0;
  double by_forest = 0;  ///< share of predictions that a forest made
};

struct DemandBacktestOptions {
  double warm_up = 0.2;     ///< share of the records that is only learned from
  std::size_t refits = 12;  ///< over the rest
  DemandModel::Options model;
};

/// Replays records in order of time: each is predicted by models fitted to what ended before its
/// block. `on_block` (may be empty) is told how far it is, 0 to 1. Pure.
std::array<DemandScore, kDemandTargets.size()> backtest_demand(
    const std::vector<DemandRecord>& records, const DemandBacktestOptions& options,
    const std::function<void(double)>& on_block);

}  // namespace foreshock::coordinator
