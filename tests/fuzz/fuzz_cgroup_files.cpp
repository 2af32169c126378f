// Every parser of cgroup texts sees the same bytes: none may crash, and what they promise must
// hold.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/cgroup/cgroup_dir.h"
#include "agent/cgroup/cgroup_files.h"
#include "agent/cgroup/layout.h"
#include "common/base/assert.h"

namespace agent = foreshock::agent;

namespace {

void parse_values(std::string_view text) {
  static_cast<void>(agent::parse_nanoseconds(text));
  static_cast<void>(agent::parse_keyed_count(text, "oom_kill"));
  static_cast<void>(agent::parse_memory_limit(text));
  static_cast<void>(agent::parse_inactive_file(text));
  const auto stat = agent::parse_cpu_stat(text);
  FS_ASSERT(!stat.usage || stat.usage->count() >= 0);
  const auto pressure = agent::parse_pressure_some_total(text);
  FS_ASSERT(!pressure || pressure->count() >= 0);
}

void parse_bandwidth(std::string_view text) {
  const auto bandwidth = agent::parse_cpu_max(text);
  if (!bandwidth) return;
  FS_ASSERT(bandwidth->period_usec != 0);
  FS_ASSERT(bandwidth->millicores().has_value() == bandwidth->quota_usec.has_value());
}

void parse_paths(std::string_view text) {
  const auto path = agent::parse_membership(text, true);
  if (path) static_cast<void>(agent::is_canonical_cgroup_path(*path));
  const auto layout = agent::parse_layout(std::string(text), "cpu memory", std::string(text));
  FS_ASSERT(layout.workloads_in_v1() == (layout.workload_root() != layout.v2_root) ||
            layout.workload_root() == layout.v2_root);
  for (const auto part : agent::split_at(text, '/'))
    FS_ASSERT(part.find('/') == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse_values(text);
  parse_bandwidth(text);
  parse_paths(text);
  return 0;
}
