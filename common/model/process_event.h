#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace foreshock {

/// Resolution of process start times in /proc (USER_HZ).
inline constexpr Nanoseconds kStartResolution = std::chrono::milliseconds(10);

/// A process on one boot of one host; the start time tells it from a later process with the same
/// pid. The start is cut to kStartResolution, because /proc says no more: so every source names a
/// process alike.
struct ProcessKey {
  std::uint32_t pid = 0;
  BootTime start;
  auto operator<=>(const ProcessKey&) const = default;
};

inline ProcessKey make_process_key(std::uint32_t pid, BootTime start) {
  return {pid, start - start.time_since_epoch() % kStartResolution};
}

/// Who runs it. `login_uid` and `session_id` survive sudo; absent when nobody logged in (daemons).
struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> login_uid;
  std::optional<std::uint32_t> session_id;
  bool operator==(const Identity&) const = default;
};

/// The words of a command line in one string, each ended by NUL, as the kernel keeps them.
struct Argv {
  std::string words;
  std::uint32_t true_bytes = 0;  ///< size before truncation
  bool redacted = false;

  bool truncated() const { return true_bytes > words.size(); }
  std::vector<std::string_view> split() const;
  bool operator==(const Argv&) const = default;
};

/// Joins words into the form above.
Argv make_argv(const std::vector<std::string>& words);

/// What both events say about the process.
struct ProcessFacts {
  ProcessKey process;
  ProcessKey parent;
  Identity identity;
  std::uint64_t cgroup_id = 0;  ///< inode of the cgroup's directory in the workload hierarchy
  std::string comm;             ///< at most 15 bytes
  bool operator==(const ProcessFacts&) const = default;
};

/// Regular files that the arguments of a command name, as they were at its exec.
struct InputFiles {
  std::uint32_t count = 0;
  Bytes total;
  Bytes largest;
  bool operator==(const InputFiles&) const = default;
};

/// One execve that succeeded.
struct ExecEvent {
  BootTime time;
  ProcessFacts facts;
  std::string filename;
  Argv argv;
  std::optional<InputFiles> inputs{};  ///< filled in by whoever looked
  std::string cwd{};  ///< working directory below the process's own root; empty: not known
  std::string tty{};  ///< controlling terminal, "pts/3"; empty: none
  bool existing =
      false;  ///< ran before the agent started: read from /proc, `time` is the process's start
  bool operator==(const ExecEvent&) const = default;
};

/// What a process (all its threads) used in its life.
struct ResourceUse {
  Nanoseconds cpu{};   ///< exact run time
  Nanoseconds user{};  ///< share of it by tick accounting
  Nanoseconds system{};
  Bytes peak_rss;
  Bytes read_bytes;     ///< from storage
  Bytes written_bytes;  ///< to storage
  std::uint64_t read_calls = 0;
  std::uint64_t write_calls = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  auto operator<=>(const ResourceUse&) const = default;
};

/// One process's end, all threads gone.
struct ExitEvent {
  BootTime time;
  ProcessFacts facts;
  /// Of a fork that never called execve: the nearest ancestor that did, as far as it still lived.
  std::optional<ProcessKey> forked_from{};
  std::uint32_t wait_status =
      0;  ///< as wait(2) reports it: exit code in bits 8..15, signal in bits 0..6
  ResourceUse use;
  bool status_known = true;  ///< false: only that it ended is known
  bool use_known = true;     ///< false: the source could not tell, `use` is empty
  /// TCP connections that it asked for, answered or not; nothing where the source does not see
  /// them.
  std::optional<std::uint64_t> connections{};
  bool operator==(const ExitEvent&) const = default;
};

using ProcessEvent = std::variant<ExecEvent, ExitEvent>;

}  // namespace foreshock
