#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "coordinator/model/series.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// What a list of commands is ordered by, the most first.
enum class UseOrder : std::uint8_t { cpu, memory, storage, faults, runs, failures };
std::optional<UseOrder> parse_use_order(std::string_view text);

/// What all processes of one command in one workload used in a span of time.
struct CommandUseRow {
  Workload workload;
  std::string signature;
  std::uint64_t running = 0;  ///< the most at one time
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;
  std::uint64_t withheld = 0;  ///< executions that were only counted
  Nanoseconds cpu{};
  Bytes rss;  ///< of all together: the most at one time
  Bytes read;
  Bytes written;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
};

struct CommandUseQuery {
  std::optional<HostId> host;
  std::optional<std::string> cgroup;
  WallTime from;  ///< whole minutes: the one it is in counts
  WallTime to;
  UseOrder order = UseOrder::cpu;
  std::size_t limit = 30;
};

struct StormRow {
  Workload workload;
  WallTime began;
  std::optional<WallTime> ended;  ///< absent: goes on, or its agent has died
  std::uint64_t withheld = 0;
};

/// What commands used, and exec storms, on a connection of its own. One thread.
class UseReader {
 public:
  static Result<std::unique_ptr<UseReader>> open(const std::string& path);

  Result<std::vector<CommandUseRow>> top(const CommandUseQuery& query);
  /// Newest first.
  Result<std::vector<StormRow>> storms(std::optional<HostId> host, WallTime from,
                                       std::size_t limit);

 private:
  explicit UseReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
