#include "coordinator/pipeline/expected_runs.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace foreshock::coordinator {

namespace {

// systemd runs a timer within AccuracySec, a minute unless somebody says otherwise; cron looks once
// a minute and is on time.
constexpr double kTimerSpread = 20;  // seconds, each way, of 80 %
constexpr double kCronSpread = 1;

}  // namespace

Signature signature_of(const UpcomingCommand& upcoming, const SignatureRules& rules) {
  if (upcoming.source != ScheduleSource::systemd_timer)
    return rules.name({"sh", "-c", upcoming.command}, "/bin/sh");
  const auto words = split_command_line(upcoming.command);
  return rules.name({words.begin(), words.end()}, "");
}

std::vector<LeadSighting> expected_runs(const std::vector<LeadCommand>& leads, HostId host,
                                        const std::vector<UpcomingCommand>& upcoming,
                                        const SignatureRules& rules, WallTime from, WallTime to) {
  std::vector<LeadSighting> expected;
  const bool is_source =
      std::ranges::any_of(leads, [&](const auto& lead) { return lead.source_host == host; });
  if (!is_source) return expected;
  for (const auto& run : upcoming) {
    if (run.time <= from || run.time > to) continue;
    const auto signature = signature_of(run, rules).text;
    for (LeadCommand lead : leads) {
      if (lead.source_host != host || lead.signature != signature) continue;
      const double slack = run.source == ScheduleSource::systemd_timer ? kTimerSpread : kCronSpread;
      lead.lag_spread_s = std::hypot(lead.lag_spread_s, slack);
      expected.push_back({std::move(lead), run.time});
    }
  }
  return expected;
}

}  // namespace foreshock::coordinator
