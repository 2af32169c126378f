#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/demand/demand_model.h"
#include "coordinator/history/history_store.h"

namespace foreshock::coordinator {

/// Learns from history what commands need. Thread `learn`.
class DemandLearning {
 public:
  struct Options {
    std::chrono::nanoseconds interval = std::chrono::minutes(15);
    std::size_t most_records = 8000;  ///< the newest
    /// Smaller than for a back-test: a fit shares the processor with everything else.
    DemandModel::Options model = {
        .min_records = 40, .most_records = 800, .forest = {.trees = 30, .min_leaf = 5, .seed = 1}};
  };
  /// `history` is borrowed and outlives it.
  DemandLearning(Options options, HistoryReader& history) : options_(options), history_(history) {}

  /// A new model when one is due; null: not yet. Errors are history's.
  Result<std::shared_ptr<const DemandModel>> learn_if_due(WallTime now);

 private:
  const Options options_;
  HistoryReader& history_;
  std::size_t learned_records_ = 0;
  WallTime learned_at_;
};

/// Ended commands as records, in order of time, with how many ran beside each on its host and how
/// many it started.
std::vector<DemandRecord> make_demand_records(std::vector<ExecutionRow> rows);

}  // namespace foreshock::coordinator
