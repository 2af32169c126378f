#pragma once

#include <span>

#include "common/base/embedded_file.h"
#include "common/base/result.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Brings the file up to the newest schema: runs the migrations (0001_name.sql, 0002_…, in order,
/// no gap) that it has not seen, each in a transaction. A file written by a newer program is
/// `unsupported`.
Result<void> migrate(const Database& database, std::span<const EmbeddedFile> migrations);

/// For readers: the file has exactly these migrations. `unavailable` when it is older (the service
/// brings it up to date when it starts), `unsupported` when it is newer.
Result<void> check_schema(const Database& database, std::span<const EmbeddedFile> migrations);

}  // namespace foreshock::coordinator
