// What applications send: StatsD lines and scraped pages; whatever they hold, the table stays
// within its bounds and tells finite numbers.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/metrics_in/metric_table.h"
#include "common/base/assert.h"

namespace agent = foreshock::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const foreshock::BootTime now(std::chrono::seconds(1));
  agent::MetricTable table(50);
  for (auto rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (const auto parsed = agent::parse_statsd_line(line)) table.add(*parsed, now);
  }
  const auto page = agent::parse_exposition(text, 100);
  FS_ASSERT(page.samples.size() <= 100);
  table.add(page, {{"target", "x"}}, now);
  table.add(page, {{"target", "x"}}, now);
  FS_ASSERT(table.stats().metrics <= 50);
  for (const auto& metric : table.take(now)) {
    FS_ASSERT(metric.labels.size() <= 400);
    FS_ASSERT(!metric.distribution || metric.distribution->p50 <= metric.distribution->max);
  }
  return 0;
}
