#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/model_version.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Versions of the models of series and which of them serve; in one SQLite file, whose migrations/
/// say what is in it. Any thread: learning adds versions while people pin them.
class ModelStore {
 public:
  /// Versions kept of a series, without the ones that serve.
  static constexpr std::size_t kKept = 10;

  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<ModelStore>> open(const std::string& path);

  /// Numbers and keeps it. It serves from now on, unless it is held back or another one is pinned.
  /// The oldest beyond kKept go.
  Result<std::int64_t> add(ModelVersion version);
  /// Series whose newest version is older are forgotten, unless one of theirs is pinned.
  Result<void> forget_before(WallTime time);

  /// Which version of each series serves.
  Result<std::map<SeriesKey, ModelChoice>> choices();
  /// Counts changes of choices.
  std::uint64_t changes();

  /// Newest first, without scores and shares; of all series where none is named.
  Result<std::vector<ModelVersion>> list(const std::optional<SeriesKey>& key);
  /// With scores and shares. `not_found` names those that there are.
  Result<ModelVersion> find(const SeriesKey& key, std::int64_t version);

  /// The version serves until it is unpinned. @return it.
  Result<ModelVersion> pin(const SeriesKey& key, std::int64_t version);
  /// What serves goes on serving, until a better one is trained.
  Result<ModelChoice> unpin(const SeriesKey& key);
  /// The newest version before the one that serves, that was not held back, is pinned.
  Result<ModelVersion> roll_back(const SeriesKey& key);

 private:
  explicit ModelStore(Database database) : database_(std::move(database)) {}

  // All of these under the mutex.
  Result<std::int64_t> newest_of(const SeriesKey& key);
  Result<std::optional<ModelChoice>> choice_of(const SeriesKey& key);
  Result<void> choose(const SeriesKey& key, const ModelChoice& choice);
  Result<void> keep_newest(const SeriesKey& key, std::int64_t serving);
  Result<void> add_scores(const ModelVersion& version);
  Result<void> read_scores(ModelVersion& version);
  Result<std::vector<ModelVersion>> read(const std::optional<SeriesKey>& key,
                                         std::optional<std::int64_t> version);
  Result<ModelVersion> find_locked(const SeriesKey& key, std::int64_t version);

  std::mutex mutex_;
  Database database_;
  std::uint64_t changes_ = 0;
};

}  // namespace foreshock::coordinator
