// Crontabs, at jobs and compiled time zones: no bytes may crash, and a next run lies ahead.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/schedule/at_jobs.h"
#include "agent/schedule/crontab.h"
#include "agent/schedule/time_zone.h"
#include "common/base/assert.h"

namespace agent = foreshock::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const agent::TimeZone::Seconds now(std::chrono::seconds(1'700'000'000));
  const auto zone = agent::TimeZone::parse(text);
  if (zone) {
    const auto change = zone->next_change(now);
    FS_ASSERT(!change || *change > now);
    static_cast<void>(zone->offset_at(now));
  }
  std::size_t looked_at = 0;
  for (const bool with_user : {false, true}) {
    for (const auto& entry : agent::parse_crontab(text, with_user).entries) {
      static_cast<void>(agent::run_parts_directory(entry.command));
      if (!entry.schedule || ++looked_at > 4) continue;
      const auto next = agent::next_run(*entry.schedule, agent::TimeZone(), now);
      FS_ASSERT(!next || *next > now);
    }
  }
  static_cast<void>(agent::parse_at_job_name(text));
  FS_ASSERT(agent::parse_at_job_command(text).size() <= size);
  return 0;
}
