#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/model/tag.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// Learned tags from one life to the next, and people's words on them; in the file of the models.
/// Any thread.
class TagStore {
 public:
  /// Makes the file, or brings an older one up to date.
  static Result<std::unique_ptr<TagStore>> open(const std::string& path);

  Result<std::vector<Tag>> learned();
  /// In place of all that were there.
  Result<void> keep_learned(const std::vector<Tag>& tags);

  Result<std::vector<TagChoice>> choices();
  /// The workload has this value of the key, whatever rules and learning say.
  Result<void> lock(const Workload& workload, const std::string& key, const std::string& value);
  /// `invalid_argument` where nothing is locked.
  Result<void> unlock(const Workload& workload, const std::string& key);
  /// The value is not proposed again, nor taken; a lock of it goes.
  Result<void> reject(const Workload& workload, const std::string& key, const std::string& value);

 private:
  explicit TagStore(Database database) : database_(std::move(database)) {}
  Result<void> choose(const TagChoice& choice);

  std::mutex mutex_;
  Database database_;
};

}  // namespace foreshock::coordinator
