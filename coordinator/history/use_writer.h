#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "common/model/report.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Writes what commands used by minute, and exec storms, inside the store's transaction.
class UseWriter {
 public:
  static Result<UseWriter> make(const Database& database);

  /// Adds to the minute's row. Not idempotent: a batch is written once.
  Result<void> add_command_use(std::int64_t minute_ms, std::int64_t workload_id,
                               std::int64_t signature_id, const CommandUse& use);
  /// The storm of that workload and beginning is as it is told now.
  Result<void> write_storm(std::int64_t workload_id, const Report& report, const ExecStorm& storm);

 private:
  UseWriter(Statement add_use, Statement write_storm)
      : add_use_(std::move(add_use)), write_storm_(std::move(write_storm)) {}

  Statement add_use_;
  Statement write_storm_;
};

}  // namespace foreshock::coordinator
