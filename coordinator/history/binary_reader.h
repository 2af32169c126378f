#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/binary_profile.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// The traits' columns of the table binary, called b in the query.
inline constexpr std::string_view kTraitColumns =
    "b.file_bytes, b.text_bytes, b.instructions, b.arithmetic, b.multiplication, "
    "b.floating_point, b.vector, b.load, b.store, b.branch, b.call, b.other, b.cycles, "
    "b.complexity, b.imports, b.libraries";
inline constexpr int kTraitColumnCount = 16;
/// Of these columns, from `first` on.
BinaryTraits read_traits(const Statement& row, int first);

struct BinaryRow {
  BinaryProfile profile;
  WallTime last_seen;  ///< when an agent told it last: at most a day after it was executed
};

struct BinaryQuery {
  std::string text = {};  ///< in the path or the build id; empty: any
  std::size_t limit = 100;
};

/// What binaries the fleet executes, on a connection of its own. One thread.
class BinaryReader {
 public:
  static Result<std::unique_ptr<BinaryReader>> open(const std::string& path);
  /// Those seen last first.
  Result<std::vector<BinaryRow>> list(const BinaryQuery& query);

 private:
  explicit BinaryReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
