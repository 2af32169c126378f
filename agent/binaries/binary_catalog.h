#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/binary_profile.h"
#include "common/model/report.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// Which binary a command ran, and what each is like: each is described once, by a thread of its
/// own, and looked at again now and then in case its file was replaced. Files are opened at once,
/// before their processes are gone, and described in its own time. `id_of` and `take_described`
/// never wait for it. Bounded in names, binaries, open files and work.
class BinaryCatalog {
 public:
  struct Options {
    std::size_t most_names = 8192;
    std::size_t most_binaries = 4096;
    std::size_t most_waiting = 256;
    std::size_t most_open = 64;                         ///< files that wait to be described
    Nanoseconds look_again = std::chrono::minutes(10);  ///< whether a name still means that file
    /// Whether a file can be opened that could not: its process was gone before it was looked at.
    Nanoseconds retry = std::chrono::seconds(20);
    Nanoseconds tell_again = std::chrono::hours(24);     ///< a coordinator forgets what is old
    Nanoseconds apart = std::chrono::milliseconds(500);  ///< between two descriptions
  };
  /// Opens what a command executed.
  using Open = std::function<Result<UniqueFd>(const Execution&)>;
  using Describe = std::function<Result<BinaryProfile>(int fd)>;

  BinaryCatalog(Options options, Open open, Describe describe, const Clock& clock);

  /// Of the binary that it runs; 0: not known, or not yet.
  std::uint64_t id_of(const Execution& execution, BootTime now);
  /// Those that were described since the last call.
  std::vector<BinaryProfile> take_described();

  /// The thread's body; returns soon after the stop.
  void run(std::stop_token stop);
  /// Opens one of those that wait; false when none does or too many are open.
  bool open_next();
  /// Describes one of those that are open, where it is not known; false when none is.
  bool describe_next();

 private:
  /// A name means another file in another root, of which the cgroup stands for one.
  using NameView = std::pair<std::uint64_t, std::string_view>;
  using Name = std::pair<std::uint64_t, std::string>;
  /// Of both, so that looking one up copies no text.
  struct HashName {
    using is_transparent = void;
    std::size_t operator()(const NameView& name) const;
  };
  struct SameName {
    using is_transparent = void;
    bool operator()(const NameView& a, const NameView& b) const { return a == b; }
  };
  struct Known {
    std::uint64_t id = 0;
    BootTime due;  ///< when to look (again)
    bool waits = false;
  };
  /// Device, inode, size and time of change: the same file as before.
  using FileId = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

  struct Opened {
    Execution execution;
    UniqueFd file;
    FileId which;
  };

  /// Nothing: not described, or so long ago that it is told again.
  std::optional<std::uint64_t> described_id(const FileId& which) const;
  /// What a name means from now on: 0 is no binary; nothing is not to be told now.
  void conclude(const Execution& execution, std::optional<std::uint64_t> id);
  /// 0: it cannot be described, ever; nothing: not now.
  std::optional<std::uint64_t> describe(const UniqueFd& file, const Execution& execution);

  const Options options_;
  const Open open_;
  const Describe describe_;
  const Clock& clock_;
  struct Described {
    std::uint64_t id = 0;  ///< 0: it could not be
    BootTime at;
  };
  std::map<FileId, Described> files_;  // of the thread only, and so the next
  std::deque<Opened> opened_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::unordered_map<Name, Known, HashName, SameName>
      names_;  // guarded by mutex_, and so all below
  std::deque<Execution> waiting_;
  std::vector<BinaryProfile> fresh_;
};

/// The file of its name in the root of its process, or of its parent where that has ended: a
/// container's is not mistaken for the host's. A script is opened itself, not its interpreter.
Result<UniqueFd> open_executed(const std::string& proc, const Execution& execution);

}  // namespace foreshock::agent
