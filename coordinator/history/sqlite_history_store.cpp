#include "coordinator/history/sqlite_history_store.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include <fmt/format.h>

#include "common/base/log.h"
#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
/// A history smaller than this grows also where room is short.
constexpr std::uint64_t kLeastCeiling = 16 << 20;
constexpr std::string_view kOtherSignature = "<other>";
// No host loses more in a second; sums of it stay far from the limits of a number.
constexpr std::uint64_t kMaxLossesOfReport = 1'000'000'000;

const Signature& signature_of(const Execution& execution, CommandNamer& namer) {
  // A process whose command line was not seen has at least the kernel's name for it.
  const bool nameless = execution.argv.words.empty() && execution.filename.empty();
  return namer.name(execution.argv, nameless ? execution.facts.comm : execution.filename);
}

/// An agent's word is taken for a signature where it could be one.
Signature signature_of_text(const std::string& text) {
  const auto is_printable = [](unsigned char c) { return c >= 0x20 && c != 0x7f; };
  if (text.empty() || text.size() > kMaxSignatureBytes || !std::ranges::all_of(text, is_printable))
    return {.text = std::string(kOtherSignature), .base_name = {}};
  return {.text = text, .base_name = {}};
}

/// A workload has the series that its newest sample has.
std::string count_series_sql() {
  std::string present;
  for (const SampleColumn& column : sample_columns()) {
    present += fmt::format("{}(s.{} NOT NULL)", present.empty() ? "" : " + ", column.name);
  }
  return fmt::format(
      "SELECT coalesce(sum({}), 0) FROM workload w JOIN sample s ON s.workload_id = w.id AND "
      "s.time_ms = "
      "(SELECT max(time_ms) FROM sample WHERE workload_id = w.id)",
      present);
}

}  // namespace

Result<std::unique_ptr<SqliteHistoryStore>> SqliteHistoryStore::open(
    const std::string& path, const HistoryOptions& options) {
  FS_TRY(auto opened, Database::open(path, OpenMode::read_write));
  auto database = std::make_unique<Database>(std::move(opened));
  FS_CHECK(migrate(*database, embedded::history_migrations()));
  FS_TRY(auto catalog, Catalog::make(*database, options.max_signatures));
  FS_TRY(auto writer, RecordWriter::make(*database));
  FS_TRY(auto use_writer, UseWriter::make(*database));
  FS_TRY(auto app_metrics, AppMetricWriter::make(*database));
  FS_TRY(auto binaries, BinaryWriter::make(*database));
  return std::unique_ptr<SqliteHistoryStore>(new SqliteHistoryStore(
      std::move(database), std::move(catalog), std::move(writer), std::move(use_writer),
      std::move(app_metrics), std::move(binaries), options));
}

SqliteHistoryStore::SqliteHistoryStore(std::unique_ptr<Database> database, Catalog catalog,
                                       RecordWriter writer, UseWriter use_writer,
                                       AppMetricWriter app_metrics, BinaryWriter binaries,
                                       const HistoryOptions& options)
    : database_(std::move(database)),
      catalog_(std::move(catalog)),
      writer_(std::move(writer)),
      use_writer_(std::move(use_writer)),
      app_metrics_(std::move(app_metrics)),
      binaries_(std::move(binaries)),
      options_(options) {}

Result<std::vector<AppendedBatch>> SqliteHistoryStore::append(
    std::span<const ReceivedBatch> batches) {
  auto appended = append_all(batches);
  if (!appended) {
    // Rolled back: what the catalog remembers may not be in the file.
    catalog_.forget();
    app_metrics_.forget();
    service_times_.forget();
    return appended.error().in("append to history");
  }
  repeated_batches_ +=
      static_cast<std::uint64_t>(std::ranges::count(*appended, true, &AppendedBatch::repeated));
  FS_CHECK(database_->checkpoint_if_due());
  return appended;
}

Result<std::vector<AppendedBatch>> SqliteHistoryStore::append_all(
    std::span<const ReceivedBatch> batches) {
  FS_TRY(auto transaction, Transaction::begin_write(*database_));
  std::vector<AppendedBatch> appended;
  appended.reserve(batches.size());
  Added added;
  for (const ReceivedBatch& batch : batches) {
    FS_TRY(const auto outcome, append_one(batch, added));
    appended.push_back(outcome);
  }
  if (added.anything) {
    FS_CHECK(catalog_.flush());
    FS_CHECK(writer_.add_to_tally(added.executions, added.samples));
  }
  FS_CHECK(transaction.commit());
  return appended;
}

Result<AppendedBatch> SqliteHistoryStore::append_one(const ReceivedBatch& batch, Added& added) {
  const std::int64_t seen_ms = wall_ms(batch.report, batch.report.period_end);
  FS_TRY(Catalog::Host* const host, catalog_.host(batch.public_key, seen_ms));
  FS_TRY(Catalog::Delivery* const delivery, catalog_.delivery(*host, batch.incarnation));
  if (!delivery->committed.insert(batch.sequence))
    return AppendedBatch{.host = host->id, .repeated = true};
  added.anything = true;
  catalog_.touch(*delivery, seen_ms);
  catalog_.touch(*host, seen_ms);
  host->name = batch.report.host_name;
  host->agent_version = batch.report.agent_version;
  FS_CHECK(write_report(*host, batch.report, added));
  return AppendedBatch{.host = host->id, .repeated = false};
}

std::shared_ptr<const SignatureRules> SqliteHistoryStore::rules() const {
  static const auto kNone = std::make_shared<const SignatureRules>();
  return options_.signature_rules ? options_.signature_rules->read() : kNone;
}

Result<void> SqliteHistoryStore::write_report(Catalog::Host& host, const Report& report,
                                              Added& added) {
  FS_CHECK(write_executions(host, report, added));
  FS_CHECK(write_samples(host, report, added));
  FS_CHECK(write_command_use(host, report));
  FS_CHECK(write_storms(host, report));
  FS_CHECK(write_losses(host, report));
  FS_CHECK(write_identities(host, report));
  FS_CHECK(app_metrics_.write(host.id, report));
  for (const BinaryProfile& binary : report.binaries) {
    if (binary.id != 0) FS_CHECK(binaries_.write(binary, wall_ms(report, report.period_end)));
  }
  for (const ActionOutcome& outcome : report.outcomes)
    FS_CHECK(writer_.write_outcome(host.id, outcome));
  return {};
}

Result<void> SqliteHistoryStore::write_executions(Catalog::Host& host, const Report& report,
                                                  Added& added) {
  if (report.executions.empty()) return {};
  FS_TRY(Catalog::Boot* const boot, catalog_.boot(host, report.boot_id));
  namer_.use(rules());
  for (const Execution& execution : report.executions) {
    const std::int64_t start_ms = wall_ms(report, execution.exec_time);
    FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, execution.cgroup));
    FS_TRY(Catalog::SignatureEntry* const signature,
           catalog_.signature(signature_of(execution, namer_)));
    catalog_.touch(*boot, start_ms);
    catalog_.touch(*workload, start_ms);
    catalog_.touch(*signature, start_ms);
    if (!execution.cgroup.empty()) workload->cgroup_id = execution.facts.cgroup_id;
    FS_TRY(const bool is_new, writer_.write_execution({.host = host.id,
                                                       .boot = boot->id,
                                                       .workload = workload->id,
                                                       .signature = signature->id},
                                                      report, execution));
    if (!is_new) continue;
    ++added.executions;
    ++host.new_executions;
  }
  return {};
}

Result<void> SqliteHistoryStore::write_samples(const Catalog::Host& host, const Report& report,
                                               Added& added) {
  const ResourceSample& samples = report.samples;
  if (samples.host) {
    FS_CHECK(write_sample(host, "", 0, wall_ms(report, samples.host->time),
                          make_sample_row(*samples.host, samples.process_count), added));
  }
  std::unordered_map<std::string_view, const WorkloadTraffic*> traffic;
  for (const WorkloadTraffic& one : samples.traffic) traffic.emplace(one.cgroup, &one);
  for (const WorkloadSample& sample : samples.workloads) {
    SampleRow row = make_sample_row(sample);
    if (const auto found = traffic.find(sample.cgroup); found != traffic.end()) {
      FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, sample.cgroup));
      add_traffic(row, *found->second, service_times_.p95(workload->id, *found->second));
    }
    FS_CHECK(write_sample(host, sample.cgroup, sample.cgroup_id, wall_ms(report, sample.time), row,
                          added));
  }
  return {};
}

Result<void> SqliteHistoryStore::write_command_use(const Catalog::Host& host,
                                                   const Report& report) {
  const std::int64_t end_ms = wall_ms(report, report.period_end);
  const auto naming = rules();  // an agent may not have them yet
  for (const CommandUse& use : report.samples.commands) {
    const bool idle = use.cpu.count() <= 0 && use.ended == 0 && use.withheld == 0;
    if (idle) continue;
    FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, use.cgroup));
    FS_TRY(Catalog::SignatureEntry* const signature,
           catalog_.signature(signature_of_text(naming->rename(use.signature))));
    catalog_.touch(*workload, end_ms);
    catalog_.touch(*signature, end_ms);
    FS_CHECK(
        use_writer_.add_command_use(end_ms - end_ms % kMinuteMs, workload->id, signature->id, use));
  }
  return {};
}

Result<void> SqliteHistoryStore::write_storms(const Catalog::Host& host, const Report& report) {
  for (const ExecStorm& storm : report.storms) {
    FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, storm.cgroup));
    catalog_.touch(*workload, wall_ms(report, report.period_end));
    FS_CHECK(use_writer_.write_storm(workload->id, report, storm));
  }
  return {};
}

Result<void> SqliteHistoryStore::write_sample(const Catalog::Host& host, const std::string& cgroup,
                                              std::uint64_t cgroup_id, std::int64_t time_ms,
                                              const SampleRow& row, Added& added) {
  FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, cgroup));
  catalog_.touch(*workload, time_ms);
  workload->cgroup_id = cgroup_id;
  FS_TRY(const bool is_new, writer_.write_sample(workload->id, time_ms, row));
  if (is_new) ++added.samples;
  return {};
}

Result<void> SqliteHistoryStore::write_identities(const Catalog::Host& host, const Report& report) {
  for (const WorkloadIdentity& identity : report.identities) {
    FS_TRY(Catalog::WorkloadEntry* const workload, catalog_.workload(host, identity.cgroup));
    catalog_.touch(*workload, wall_ms(report, report.period_end));
    FS_CHECK(writer_.write_identity(workload->id, identity));
  }
  return {};
}

Result<void> SqliteHistoryStore::write_losses(Catalog::Host& host, const Report& report) {
  const std::int64_t end_ms = wall_ms(report, report.period_end);
  for (const Loss& loss : report.losses) {
    const Loss bounded{.hop = loss.hop, .count = std::min(loss.count, kMaxLossesOfReport)};
    FS_CHECK(writer_.add_loss(host.id, end_ms - end_ms % kMinuteMs, bounded));
    host.new_losses += bounded.count;
  }
  return {};
}

Result<bool> SqliteHistoryStore::prune(WallTime before, const HistoryLimits& limits) {
  FS_TRY(const auto room, room_within(limits));
  const auto removed = prune_step(to_ms(before), room);
  if (!removed) return removed.error().in("prune history");
  if (removed->others > 0) {
    catalog_.forget();
    app_metrics_.forget();
  }
  FS_CHECK(shrink_file(limits.max_bytes));
  FS_CHECK(database_->checkpoint_if_due());
  return removed->done;
}

Result<std::uint64_t> SqliteHistoryStore::room_within(const HistoryLimits& limits) {
  std::error_code problem;
  const auto disk = std::filesystem::space(database_->path(), problem);
  const bool is_short = !problem && disk.available < limits.min_free_bytes;
  if (is_short && !ceiling_) {
    FS_TRY(const auto used, database_->used_bytes());
    ceiling_ = std::max(used, kLeastCeiling);
    log_warning("history_short_of_room free_mib={} wanted_mib={} kept_mib={}", disk.available >> 20,
                limits.min_free_bytes >> 20, *ceiling_ >> 20);
  } else if (!is_short && ceiling_) {
    ceiling_.reset();
    log_info("history_has_room_again free_mib={}", disk.available >> 20);
  }
  return ceiling_ ? std::min(limits.max_bytes, *ceiling_) : limits.max_bytes;
}

Result<Removed> SqliteHistoryStore::prune_step(std::int64_t before_ms, std::uint64_t max_bytes) {
  FS_TRY(auto transaction, Transaction::begin_write(*database_));
  FS_TRY(const Removed removed,
         remove_oldest(*database_, before_ms, max_bytes, options_.retention_step));
  FS_CHECK(writer_.add_to_tally(-removed.executions, -removed.samples));
  FS_CHECK(transaction.commit());
  return removed;
}

Result<void> SqliteHistoryStore::shrink_file(std::uint64_t max_bytes) {
  FS_TRY(const auto bytes, database_->file_bytes());
  // Free pages are used again; only a file that outgrew its cap gives them back, a little in each
  // call.
  if (bytes <= max_bytes) return {};
  return database_->execute("PRAGMA incremental_vacuum(1000)");
}

Result<HistoryStats> SqliteHistoryStore::stats() {
  FS_TRY(const auto bytes, database_->file_bytes());
  FS_TRY(const auto executions,
         database_->read_integer("SELECT count FROM tally WHERE name = 'execution'"));
  FS_TRY(const auto samples,
         database_->read_integer("SELECT count FROM tally WHERE name = 'sample'"));
  FS_TRY(const auto signatures,
         database_->read_integer("SELECT count(*) FROM signature WHERE id <> 1"));
  FS_TRY(const auto series, database_->read_integer(count_series_sql()));
  return HistoryStats{.bytes = bytes + database_->wal_bytes(),
                      .executions = static_cast<std::uint64_t>(executions),
                      .samples = static_cast<std::uint64_t>(samples),
                      .series = static_cast<std::uint64_t>(series),
                      .signatures = static_cast<std::uint64_t>(signatures),
                      .repeated_batches = repeated_batches_};
}

}  // namespace foreshock::coordinator
