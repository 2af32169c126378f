#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// How much one call removes, so that the writer soon gets on with what arrives.
struct RetentionStep {
  std::int64_t max_executions = 5'000;
  std::int64_t max_samples = 20'000;
};

/// Rows that a step removed.
struct Removed {
  std::int64_t executions = 0;
  std::int64_t samples = 0;
  std::int64_t others = 0;  ///< of the small tables
  bool done = false;        ///< nothing is left to remove
};

/// One step of removing what is older than `before_ms`, and, while the file holds more than
/// `max_bytes`, its oldest minute. A record is as old as its start. Inside the store's transaction;
/// after rows of small tables went the catalog must forget.
Result<Removed> remove_oldest(const Database& database, std::int64_t before_ms,
                              std::uint64_t max_bytes, const RetentionStep& step);

}  // namespace foreshock::coordinator
