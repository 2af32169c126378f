#pragma once

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

 private:
  explicit UserReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
