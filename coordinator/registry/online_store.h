#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/series.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// States of the online forecasters from one life to the next; in the file of the models. One
/// thread.
class OnlineStore {
 public:
  using State = std::pair<SeriesKey, ByteBuffer>;

  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<OnlineStore>> open(const std::string& path);

  Result<std::vector<State>> load();
  /// All in one transaction; others stay.
  Result<void> save(const std::vector<State>& states, WallTime now);
  Result<void> forget_before(WallTime time);

 private:
  explicit OnlineStore(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
