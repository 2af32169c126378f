#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "common/model/report.h"
#include "coordinator/history/sample_columns.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// UTC milliseconds of a moment of a report: not before 1970, and defined whatever the report says.
std::int64_t wall_ms(const Report& report, BootTime time);

/// Writes rows of the history's big tables, inside the store's transaction. Each call is
/// idempotent, except add_loss().
class RecordWriter {
 public:
  static Result<RecordWriter> make(const Database& database);

  /// Rows of the small tables that an execution names.
  struct ExecutionIds {
    std::int64_t host = 0;
    std::int64_t boot = 0;
    std::int64_t workload = 0;
    std::int64_t signature = 0;
  };
  /// True: a new row. False: the record replaced the one of the same execution, unless that had an
  /// end and this one has none; or it only brought the end of one whose exec an earlier life of the
  /// agent had seen.
  Result<bool> write_execution(const ExecutionIds& ids, const Report& report,
                               const Execution& execution);
  /// False: that workload has a sample of that time.
  Result<bool> write_sample(std::int64_t workload_id, std::int64_t time_ms, const SampleRow& row);
  Result<void> add_loss(std::int64_t host_id, std::int64_t minute_ms, const Loss& loss);
  /// Of a row of `workload`; what is not known any more keeps its last value.
  Result<void> write_identity(std::int64_t workload_id, const WorkloadIdentity& identity);
  Result<void> write_outcome(std::int64_t host_id, const ActionOutcome& outcome);
  /// Changes the numbers of rows that the tally keeps.
  Result<void> add_to_tally(std::int64_t executions, std::int64_t samples);

 private:
  Result<bool> adopt_end(const ExecutionIds& ids, const Report& report, const Execution& execution);

  RecordWriter(const Database& database, Statement add_execution, Statement replace_execution,
               Statement adopt_end, Statement add_sample, Statement add_loss, Statement add_outcome,
               Statement write_identity, Statement add_tally);

  const Database* database_;
  Statement add_execution_;
  Statement replace_execution_;
  Statement adopt_end_;
  Statement add_sample_;
  Statement add_loss_;
  Statement add_outcome_;
  Statement write_identity_;
  Statement add_tally_;
};

}  // namespace foreshock::coordinator
