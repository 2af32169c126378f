#pragma once

#include <cstdint>

#include "common/base/result.h"
#include "common/model/binary_profile.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Writes what binaries are like, inside the store's transaction. Told again, the newer holds.
class BinaryWriter {
 public:
  static Result<BinaryWriter> make(const Database& database);
  Result<void> write(const BinaryProfile& binary, std::int64_t seen_ms);

 private:
  explicit BinaryWriter(Statement write) : write_(std::move(write)) {}
  Statement write_;
};

}  // namespace foreshock::coordinator
