#include "coordinator/history/use_writer.h"

#include <algorithm>
#include <optional>

#include "coordinator/history/record_writer.h"

namespace foreshock::coordinator {

namespace {

/// No host uses more of anything in one report: eleven days of processor time, a petabyte. Sums of
/// a minute then fit, whatever an agent says.
constexpr std::uint64_t kMostOfReport = 1'000'000'000'000'000;

std::uint64_t bounded(std::uint64_t count) {
  return std::min(count, kMostOfReport);
}

}  // namespace

Result<UseWriter> UseWriter::make(const Database& database) {
  FS_TRY(
      auto add_use,
      database.prepare(
          "INSERT INTO command_use (minute_ms, workload_id, signature_id, running, ended, failed, "
          "withheld, cpu_ns, rss_bytes, read_bytes, written_bytes, minor_faults, major_faults) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
          "running = max(running, excluded.running), ended = ended + excluded.ended, "
          "failed = failed + excluded.failed, withheld = withheld + excluded.withheld, "
          "cpu_ns = cpu_ns + excluded.cpu_ns, rss_bytes = max(rss_bytes, excluded.rss_bytes), "
          "read_bytes = read_bytes + excluded.read_bytes, "
          "written_bytes = written_bytes + excluded.written_bytes, "
          "minor_faults = minor_faults + excluded.minor_faults, "
          "major_faults = major_faults + excluded.major_faults"));
  FS_TRY(auto write_storm,
         database.prepare("INSERT INTO exec_storm (workload_id, began_ms, ended_ms, withheld) "
                          "VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                          "ended_ms = coalesce(excluded.ended_ms, ended_ms), "
                          "withheld = max(withheld, excluded.withheld)"));
  return UseWriter(std::move(add_use), std::move(write_storm));
}

Result<void> UseWriter::add_command_use(std::int64_t minute_ms, std::int64_t workload_id,
                                        std::int64_t signature_id, const CommandUse& use) {
  return add_use_.run(
      minute_ms, workload_id, signature_id, use.running, use.ended, use.failed, use.withheld,
      bounded(static_cast<std::uint64_t>(std::max<Nanoseconds::rep>(use.cpu.count(), 0))),
      bounded(use.rss.count), bounded(use.read_bytes.count), bounded(use.written_bytes.count),
      bounded(use.minor_faults), bounded(use.major_faults));
}

Result<void> UseWriter::write_storm(std::int64_t workload_id, const Report& report,
                                    const ExecStorm& storm) {
  const auto ended =
      storm.ended ? std::optional(wall_ms(report, *storm.ended)) : std::optional<std::int64_t>();
  return write_storm_.run(workload_id, wall_ms(report, storm.began), ended,
                          bounded(storm.withheld));
}

}  // namespace foreshock::coordinator
