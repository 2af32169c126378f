#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/model/report.h"

namespace foreshock::agent {

/// Running totals of what was lost at each hop; the report carries the differences.
using LossTotals = std::map<Hop, std::uint64_t>;

/// Puts one period's parts together. Pure; one thread.
class ReportBuilder {
 public:
  ReportBuilder(BootId boot_id, std::string host_name, std::string agent_version, BootTime start);

  /// The report of the period since the last one. `totals` are totals since the agent started.
  Report build(BootTime now, WallTime wall_now, std::vector<Execution> executions, ResourceSample samples,
               const LossTotals& totals, std::vector<ActionOutcome> outcomes);

 private:
  BootId boot_id_;
  std::string host_name_;
  std::string agent_version_;
  BootTime period_start_;
  LossTotals reported_;
};

}  // namespace foreshock::agent
