#include "agent/report/report_builder.h"

#include <utility>

namespace foreshock::agent {

ReportBuilder::ReportBuilder(BootId boot_id, std::string host_name, std::string agent_version,
                             BootTime start)
    : boot_id_(boot_id),
      host_name_(std::move(host_name)),
      agent_version_(std::move(agent_version)),
      period_start_(start) {}

Report ReportBuilder::build(BootTime now, WallTime wall_now, ResourceSample samples,
                            const LossTotals& totals, std::vector<ActionOutcome> outcomes) {
  Report report;
  report.boot_id = boot_id_;
  report.host_name = host_name_;
  report.agent_version = agent_version_;
  report.period_start = std::exchange(period_start_, now);
  report.period_end = now;
  report.wall_minus_boot = wall_now.time_since_epoch() - now.time_since_epoch();
  report.samples = std::move(samples);
  report.losses = losses_since_last(totals);
  report.outcomes = std::move(outcomes);
  return report;
}

std::vector<Loss> ReportBuilder::losses_since_last(const LossTotals& totals) {
  std::vector<Loss> losses;
  for (const auto& [hop, total] : totals) {
    auto& reported = reported_[hop];
    const auto lost = total >= reported ? total - reported : total;
    reported = total;
    if (lost > 0) losses.push_back({hop, lost});
  }
  return losses;
}

}  // namespace foreshock::agent
