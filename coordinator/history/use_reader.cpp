#include "coordinator/history/use_reader.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "coordinator/sqlite/migrations.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;

struct OrderFacts {
  UseOrder order;
  std::string_view name;
  std::string_view sql;  ///< of the columns below
};
constexpr std::array kOrders = {
    OrderFacts{UseOrder::cpu, "cpu", "cpu"},
    OrderFacts{UseOrder::memory, "memory", "rss"},
    OrderFacts{UseOrder::storage, "storage", "read + written"},
    OrderFacts{UseOrder::faults, "faults", "major_faults"},
    OrderFacts{UseOrder::runs, "runs", "ended"},
    OrderFacts{UseOrder::failures, "failures", "failed"},
};

}  // namespace

std::optional<UseOrder> parse_use_order(std::string_view text) {
  for (const auto& facts : kOrders) {
    if (facts.name == text) return facts.order;
  }
  return std::nullopt;
}

Result<std::unique_ptr<UseReader>> UseReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<UseReader>(new UseReader(std::move(database)));
}

Result<std::vector<CommandUseRow>> UseReader::top(const CommandUseQuery& query) {
  std::string_view order;
  for (const auto& facts : kOrders) {
    if (facts.order == query.order) order = facts.sql;
  }
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT w.host_id, w.cgroup, s.text, max(u.running), sum(u.ended) AS ended, "
             "sum(u.failed) AS failed, sum(u.withheld), sum(u.cpu_ns) AS cpu, "
             "max(u.rss_bytes) AS rss, sum(u.read_bytes) AS read, sum(u.written_bytes) AS written, "
             "sum(u.minor_faults), sum(u.major_faults) AS major_faults FROM command_use u "
             "JOIN workload w ON w.id = u.workload_id JOIN signature s ON s.id = u.signature_id "
             "WHERE u.minute_ms >= ?1 AND u.minute_ms < ?2 AND (?3 IS NULL OR w.host_id = ?3) AND "
             "(?4 IS NULL OR w.cgroup = ?4) GROUP BY u.workload_id, u.signature_id "
             "ORDER BY {} DESC, cpu DESC, s.text LIMIT ?5",
             order)));
  const std::int64_t from_ms = to_ms(query.from);
  FS_CHECK(select.start(from_ms - from_ms % kMinuteMs, to_ms(query.to), query.host, query.cgroup,
                        query.limit));
  std::vector<CommandUseRow> rows;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) return rows;
    rows.push_back({.workload = {.host = select.integer(0), .cgroup = select.text(1)},
                    .signature = select.text(2),
                    .running = select.unsigned_integer(3),
                    .ended = select.unsigned_integer(4),
                    .failed = select.unsigned_integer(5),
                    .withheld = select.unsigned_integer(6),
                    .cpu = Nanoseconds(select.integer(7)),
                    .rss = {select.unsigned_integer(8)},
                    .read = {select.unsigned_integer(9)},
                    .written = {select.unsigned_integer(10)},
                    .minor_faults = select.unsigned_integer(11),
                    .major_faults = select.unsigned_integer(12)});
  }
}

Result<std::vector<StormRow>> UseReader::storms(std::optional<HostId> host, WallTime from,
                                                std::size_t limit) {
  FS_TRY(auto select,
         database_.prepare(
             "SELECT w.host_id, w.cgroup, e.began_ms, e.ended_ms, e.withheld FROM exec_storm e "
             "JOIN workload w ON w.id = e.workload_id WHERE (?1 IS NULL OR w.host_id = ?1) AND "
             "(e.ended_ms IS NULL OR e.ended_ms >= ?2) ORDER BY e.began_ms DESC LIMIT ?3"));
  FS_CHECK(select.start(host, to_ms(from), limit));
  std::vector<StormRow> rows;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) return rows;
    StormRow row{.workload = {.host = select.integer(0), .cgroup = select.text(1)},
                 .began = wall_time_from_ms(select.integer(2)),
                 .ended = std::nullopt,
                 .withheld = select.unsigned_integer(4)};
    if (!select.is_null(3)) row.ended = wall_time_from_ms(select.integer(3));
    rows.push_back(std::move(row));
  }
}

}  // namespace foreshock::coordinator
