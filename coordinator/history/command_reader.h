#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/process_event.h"
#include "coordinator/model/series.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// A command as it was recorded, as far as it says what somebody does.
struct RecordedCommand {
  HostId host = 0;
  std::uint32_t uid = 0;  ///< who logged in, where somebody did, else whose rights it had
  WallTime time;          ///< of the execve
  std::string signature;
  Argv argv;
  bool on_terminal = false;
};

/// Reads recorded commands back, on a connection of its own. Processes older than the agent and
/// forks without an execve are left out. One thread.
class CommandReader {
 public:
  static Result<std::unique_ptr<CommandReader>> open(const std::string& path);

  /// The newest commands, and, as people type few among what machines run, the newest that had a
  /// terminal: each once, the oldest first. O(n log n).
  Result<void> newest(std::size_t most, std::size_t most_on_terminal,
                      const std::function<void(const RecordedCommand&)>& take);

 private:
  explicit CommandReader(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace foreshock::coordinator
