#include "coordinator/demand/demand_backtest.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

Quantiles logs_of(const Quantiles& quantiles, double least) {
  Quantiles logs;
  std::ranges::transform(quantiles, logs.begin(),
                         [least](double value) { return std::log(value + least); });
  return logs;
}

double least_of(DemandTarget target) {
  const bool seconds = target == DemandTarget::cpu_s || target == DemandTarget::duration_s;
  return seconds ? 1e-4 : 1024;
}

bool is_inside(const Quantiles& quantiles, double actual) {
  return actual >= quantiles[1] && actual <= quantiles[5];
}

void add(DemandScore& score, DemandTarget target, const DemandPrediction& model,
         const DemandPrediction& history, double actual) {
  const double least = least_of(target);
  ++score.predictions;
  score.model_pinball += pinball_loss(model.quantiles, actual);
  score.history_pinball += pinball_loss(history.quantiles, actual);
  score.model_log_pinball +=
      pinball_loss(logs_of(model.quantiles, least), std::log(actual + least));
  score.history_log_pinball +=
      pinball_loss(logs_of(history.quantiles, least), std::log(actual + least));
  score.coverage90 += is_inside(model.quantiles, actual) ? 1 : 0;
  score.history_coverage90 += is_inside(history.quantiles, actual) ? 1 : 0;
  score.by_forest += model.model == "forest" ? 1 : 0;
}

}  // namespace

std::array<DemandScore, kDemandTargets.size()> backtest_demand(
    const std::vector<DemandRecord>& records, const DemandBacktestOptions& options,
    const std::function<void(double)>& on_block) {
  std::array<DemandScore, kDemandTargets.size()> scores;
  const auto first = std::max<std::size_t>(
      1, static_cast<std::size_t>(options.warm_up * static_cast<double>(records.size())));
  const std::size_t block =
      std::max<std::size_t>(1, (records.size() - std::min(first, records.size())) /
                                   std::max<std::size_t>(options.refits, 1));
  for (std::size_t begin = first; begin < records.size(); begin += block) {
    const std::size_t end = std::min(begin + block, records.size());
    const std::vector<DemandRecord> known(records.begin(),
                                          records.begin() + static_cast<std::ptrdiff_t>(begin));
    const EmpiricalDemand history(known);
    const DemandModel model = DemandModel::fit(known, options.model);
    for (std::size_t i = begin; i < end; ++i) {
      for (const auto target : kDemandTargets) {
        const auto& question = records[i].question;
        add(scores[static_cast<std::size_t>(target)], target, model.predict(question, target),
            history.predict(question, target), records[i].used[static_cast<std::size_t>(target)]);
      }
    }
    if (on_block)
      on_block(static_cast<double>(end - first) / static_cast<double>(records.size() - first));
  }
  for (auto& score : scores) {
    const auto count = static_cast<double>(std::max<std::size_t>(score.predictions, 1));
    for (double* sum : {&score.model_pinball, &score.history_pinball, &score.model_log_pinball,
                        &score.history_log_pinball, &score.coverage90, &score.history_coverage90,
                        &score.by_forest})
      *sum /= count;
  }
  return scores;
}

}  // namespace foreshock::coordinator
