#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/model/user_profile.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

struct UserQuery {
  WallTime from;
  WallTime to;
  std::optional<HostId> host = {};
  std::size_t limit = 100;
};

/// Who ran what, on a connection of its own. Processes older than the agent and forks without an
/// execve are left out. One thread.
class UserReader {
 public:
  /// Commands that a profile looks at, the newest ones.
  static constexpr std::size_t kMostCommands = 200'000;

  static Result<std::unique_ptr<UserReader>> open(const std::string& path);

  /// Those who ran the most commands first.
  Result<std::vector<UserSummary>> list(const UserQuery& query);
  /// Of the query `limit` is not heeded. No command: an empty profile.
  Result<UserProfile> profile(std::uint32_t uid, const UserQuery& query);
  /// Cores that the user's commands kept busy on average in each `step` of [from, to): what each
  /// used is spread evenly over its life. Those that began a day before `from` or earlier are left
  /// out. Of the query `limit` is not heeded. O(commands).
  Result<std::vector<double>> load(std::uint32_t uid, const UserQuery& query,
                                   std::chrono::nanoseconds step);

 private:
  explicit UserReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
