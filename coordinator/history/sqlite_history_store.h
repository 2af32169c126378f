#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/signature/command_namer.h"
#include "common/signature/signature_rules.h"
#include "common/sync/snapshot.h"
#include "coordinator/history/app_metric_writer.h"
#include "coordinator/history/binary_writer.h"
#include "coordinator/history/catalog.h"
#include "coordinator/history/history_store.h"
#include "coordinator/history/record_writer.h"
#include "coordinator/history/retention.h"
#include "coordinator/history/service_times.h"
#include "coordinator/history/use_writer.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

struct HistoryOptions {
  std::size_t max_signatures = 50'000;  ///< further ones are recorded as '<other>'
  RetentionStep retention_step = {};
  /// How commands are named; borrowed. None: as they are normalised.
  const Snapshot<SignatureRules>* signature_rules = nullptr;
};

/// History in one SQLite file; migrations/ says what is in it.
///
/// A failed append() has written nothing and may be tried again. `exhausted`: the disk is full.
class SqliteHistoryStore final : public HistoryStore {
 public:
  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<SqliteHistoryStore>> open(const std::string& path,
                                                          const HistoryOptions& options = {});

  Result<std::vector<AppendedBatch>> append(std::span<const ReceivedBatch> batches) override;
  Result<bool> prune(WallTime before, const HistoryLimits& limits) override;
  Result<HistoryStats> stats() override;

 private:
  /// Rows that an append added to the big tables.
  struct Added {
    std::int64_t executions = 0;
    std::int64_t samples = 0;
    bool anything = false;
  };

  SqliteHistoryStore(std::unique_ptr<Database> database, Catalog catalog, RecordWriter writer,
                     UseWriter use_writer, AppMetricWriter app_metrics, BinaryWriter binaries,
                     const HistoryOptions& options);

  Result<std::vector<AppendedBatch>> append_all(std::span<const ReceivedBatch> batches);
  Result<AppendedBatch> append_one(const ReceivedBatch& batch, Added& added);
  /// The rules of now, for a whole report.
  std::shared_ptr<const SignatureRules> rules() const;
  Result<void> write_report(Catalog::Host& host, const Report& report, Added& added);
  Result<void> write_executions(Catalog::Host& host, const Report& report, Added& added);
  Result<void> write_samples(const Catalog::Host& host, const Report& report, Added& added);
  Result<void> write_sample(const Catalog::Host& host, const std::string& cgroup,
                            std::uint64_t cgroup_id, std::int64_t time_ms, const SampleRow& row,
                            Added& added);
  Result<void> write_command_use(const Catalog::Host& host, const Report& report);
  Result<void> write_storms(const Catalog::Host& host, const Report& report);
  Result<void> write_identities(const Catalog::Host& host, const Report& report);
  Result<void> write_losses(Catalog::Host& host, const Report& report);
  Result<Removed> prune_step(std::int64_t before_ms, std::uint64_t max_bytes);
  Result<void> shrink_file(std::uint64_t max_bytes);
  /// What the rows may fill.
  Result<std::uint64_t> room_within(const HistoryLimits& limits);

  std::unique_ptr<Database> database_;
  Catalog catalog_;
  RecordWriter writer_;
  UseWriter use_writer_;
  ServiceTimes service_times_;
  AppMetricWriter app_metrics_;
  BinaryWriter binaries_;
  const HistoryOptions options_;
  CommandNamer namer_;
  std::uint64_t repeated_batches_ = 0;
  std::optional<std::uint64_t>
      ceiling_;  ///< of what is used, while the file system is short of room
};

}  // namespace foreshock::coordinator
