#include "coordinator/history/user_reader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr auto kLongestLife = std::chrono::hours(24);  ///< of a command whose load is counted

/// ?1 and ?2 are the stretch of time, ?3 the host or NULL.
constexpr std::string_view kCommandsOf =
    "FROM execution WHERE start_ms >= ?1 AND start_ms < ?2 AND (?3 IS NULL OR host_id = ?3) AND "
    "existing = 0 AND exec_seen = 1";

/// Adds up what a user's commands were, one by one, the newest first.
class ProfileSum {
 public:
  struct Command {
    WallTime start;
    std::int64_t signature = 0;
    std::int64_t workload = 0;
    bool typed = false;
    bool failed = false;
    double cpu_s = 0;
    std::uint64_t peak_rss_bytes = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
  };

  void add(const Command& one) {
    const auto day = std::chrono::floor<std::chrono::days>(one.start);
    const auto hour = std::chrono::duration_cast<std::chrono::hours>(one.start - day).count();
    const std::chrono::weekday weekday{std::chrono::sys_days(day.time_since_epoch())};
    UserSummary& summary = made.summary;
    if (summary.commands++ == 0) summary.last_seen = one.start;
    summary.first_seen = one.start;
    summary.cpu_s += one.cpu_s;
    made.typed += one.typed ? 1 : 0;
    made.failed += one.failed ? 1 : 0;
    ++made.by_hour.at(static_cast<std::size_t>(hour));
    ++made.by_weekday.at(weekday.iso_encoding() - 1);
    made.peak_rss_bytes = std::max(made.peak_rss_bytes, one.peak_rss_bytes);
    made.read_bytes += one.read_bytes;
    made.written_bytes += one.written_bytes;
    days_[day.time_since_epoch().count()] += one.cpu_s;
    auto& command = by_signature[one.signature];
    if (command.runs++ == 0) command.last_seen = one.start;
    command.cpu_s += one.cpu_s;
    command.peak_rss_bytes = std::max(command.peak_rss_bytes, one.peak_rss_bytes);
    ++by_workload[one.workload];
  }

  void finish() {
    made.active_days = days_.size();
    for (const auto& [day, cpu_s] : days_)
      made.busiest_day_cpu_s = std::max(made.busiest_day_cpu_s, cpu_s);
    made.different_commands = by_signature.size();
  }

  UserProfile made;
  std::map<std::int64_t, UserProfile::Command> by_signature;
  std::map<std::int64_t, std::uint64_t> by_workload;

 private:
  std::map<std::int64_t, double> days_;
};

/// The `most` with the most runs, in that order.
template <typename Value, typename RunsOf>
std::vector<std::pair<std::int64_t, Value>> most_run(const std::map<std::int64_t, Value>& all,
                                                     std::size_t most, RunsOf runs_of) {
  std::vector<std::pair<std::int64_t, Value>> sorted(all.begin(), all.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(),
                           [&](const auto& one) { return runs_of(one.second); });
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

/// Adds processor time that was used evenly in [start, end), in steps from the origin.
void spread(double cpu, double start, double end, std::vector<double>& steps) {
  const auto last = static_cast<double>(steps.size());
  for (double at = std::max(start, 0.0); at < std::min(end, last);) {
    const double next = std::min({std::floor(at) + 1, end, last});
    steps[static_cast<std::size_t>(at)] += cpu * (next - at) / (end - start);
    at = next;
  }
}

}  // namespace

Result<std::unique_ptr<UserReader>> UserReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<UserReader>(new UserReader(std::move(database)));
}

Result<std::vector<UserSummary>> UserReader::list(const UserQuery& query) {
  FS_TRY(
      auto select,
      database_.prepare(fmt::format(
          "SELECT ifnull(login_uid, uid), count(DISTINCT host_id), count(*), ifnull(sum(cpu_ns), "
          "0), min(start_ms), max(start_ms) {} GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT ?4",
          kCommandsOf)));
  FS_CHECK(select.start(to_ms(query.from), to_ms(query.to), query.host, query.limit));
  std::vector<UserSummary> users;
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return users;
    users.push_back({.uid = static_cast<std::uint32_t>(select.integer(0)),
                     .hosts = static_cast<std::size_t>(select.integer(1)),
                     .commands = select.unsigned_integer(2),
                     .cpu_s = static_cast<double>(select.integer(3)) / kNsPerSecond,
                     .first_seen = wall_time_from_ms(select.integer(4)),
                     .last_seen = wall_time_from_ms(select.integer(5))});
  }
}

Result<UserProfile> UserReader::profile(std::uint32_t uid, const UserQuery& query) {
  FS_TRY(const auto snapshot, Transaction::begin_read(database_));
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT start_ms, host_id, signature_id, workload_id, tty <> '', wait_status, cpu_ns, "
             "peak_rss_bytes, read_bytes, written_bytes {} AND ifnull(login_uid, uid) = ?4 ORDER "
             "BY start_ms DESC LIMIT ?5",
             kCommandsOf)));
  FS_CHECK(select.start(to_ms(query.from), to_ms(query.to), query.host, uid, kMostCommands + 1));
  ProfileSum sum;
  std::set<std::int64_t> hosts;
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) break;
    if (sum.made.summary.commands == kMostCommands) {
      sum.made.is_cut = true;
      break;
    }
    hosts.insert(select.integer(1));
    sum.add({.start = wall_time_from_ms(select.integer(0)),
             .signature = select.integer(2),
             .workload = select.integer(3),
             .typed = select.integer(4) != 0,
             .failed = select.integer(5) != 0,
             .cpu_s = static_cast<double>(select.integer(6)) / kNsPerSecond,
             .peak_rss_bytes = select.unsigned_integer(7),
             .read_bytes = select.unsigned_integer(8),
             .written_bytes = select.unsigned_integer(9)});
  }
  sum.finish();
  sum.made.summary.uid = uid;
  sum.made.summary.hosts = hosts.size();

  FS_TRY(auto find_signature, database_.prepare("SELECT text FROM signature WHERE id = ?"));
  for (auto& [id, command] : most_run(sum.by_signature, UserProfile::kMostCommands,
                                      [](const auto& one) { return one.runs; })) {
    FS_CHECK(find_signature.start(id));
    FS_TRY(const bool found, find_signature.step());
    if (!found) continue;
    command.signature = find_signature.text(0);
    sum.made.commands.push_back(std::move(command));
  }
  FS_TRY(auto find_workload,
         database_.prepare("SELECT host_id, cgroup FROM workload WHERE id = ?"));
  for (const auto& [id, runs] :
       most_run(sum.by_workload, UserProfile::kMostPlaces, [](std::uint64_t one) { return one; })) {
    FS_CHECK(find_workload.start(id));
    FS_TRY(const bool found, find_workload.step());
    if (found) sum.made.places.push_back({{find_workload.integer(0), find_workload.text(1)}, runs});
  }
  return std::move(sum.made);
}

Result<std::vector<double>> UserReader::load(std::uint32_t uid, const UserQuery& query,
                                             std::chrono::nanoseconds step) {
  FS_TRY(auto select, database_.prepare(fmt::format(
                          "SELECT start_ms, max(ifnull(end_ms, ?2), start_ms + 1), cpu_ns {} AND "
                          "ifnull(login_uid, uid) = ?4 AND cpu_ns > 0",
                          kCommandsOf)));
  FS_CHECK(select.start(to_ms(query.from - kLongestLife), to_ms(query.to), query.host, uid));
  std::vector<double> cores(static_cast<std::size_t>((query.to - query.from) / step), 0.0);
  const auto in_steps = [&](std::int64_t ms) {
    return std::chrono::duration<double>(wall_time_from_ms(ms) - query.from) /
           std::chrono::duration<double>(step);
  };
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return cores;
    spread(static_cast<double>(select.integer(2)) / static_cast<double>(step.count()),
           in_steps(select.integer(0)), in_steps(select.integer(1)), cores);
  }
}

}  // namespace foreshock::coordinator
