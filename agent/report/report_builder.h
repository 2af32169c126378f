#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/model/report.h"

namespace foreshock::agent {

/// Running totals of what was lost at each hop; the report carries the differences.
using LossTotals = std::map<Hop, std::uint64_t>;

/// Puts one period's parts together. Periods join without a gap: each starts where the one before
/// ended. Pure; one thread.
class ReportBuilder {
 public:
  ReportBuilder(BootId boot_id, std::string host_name, std::string agent_version, BootTime start);

  void set_host_name(std::string name) { host_name_ = std::move(name); }
  /// The report of the period since the last one, but for its executions. `totals` are totals since
  /// the agent started; a hop that is missing from them is taken to have lost nothing new. A total
  /// that went back (its counter was made anew) counts from zero.
  Report build(BootTime now, WallTime wall_now, ResourceSample samples, const LossTotals& totals,
               std::vector<ActionOutcome> outcomes);

 private:
  std::vector<Loss> losses_since_last(const LossTotals& totals);

  BootId boot_id_;
  std::string host_name_;
  std::string agent_version_;
  BootTime period_start_;
  LossTotals reported_;
};

}  // namespace foreshock::agent
