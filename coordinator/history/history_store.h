#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/model/report.h"
#include "coordinator/model/series.h"
#include "coordinator/model/signature_runs.h"

namespace foreshock::coordinator {

/// A batch as ingest hands it over: verified, decoded, its sender authenticated.
struct ReceivedBatch {
  std::string public_key;
  Incarnation incarnation;
  std::uint64_t sequence = 0;
  Report report;
};

/// What became of a batch of an append.
struct AppendedBatch {
  HostId host = 0;
  bool repeated = false;  ///< had been committed before: nothing was written
};

struct HostRow {
  HostId id = 0;
  std::string name;
  std::string public_key;
  std::string agent_version;
  WallTime first_seen;
  WallTime last_seen;  ///< end of the newest period
  std::uint64_t executions = 0;
  std::uint64_t losses = 0;  ///< records lost at any hop, total
};

struct WorkloadRow {
  Workload workload;
  std::uint64_t cgroup_id = 0;
  WallTime last_seen;
  WorkloadIdentity identity{};  ///< as far as it was told
};

/// One command's record in history.
struct ExecutionRow {
  std::int64_t id = 0;
  HostId host = 0;
  WallTime start;  ///< of the execve
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> login_uid;
  std::optional<std::uint32_t> session_id;
  std::string tty;            ///< empty: none
  std::string cwd;            ///< empty: not known
  std::string ancestry;       ///< "bash < sshd < systemd", the parent first
  WorkloadIdentity workload;  ///< as far as it was told
  std::string cgroup;
  std::string signature;
  std::string comm;
  std::string filename;
  std::vector<std::string> argv;
  std::optional<InputFiles> inputs;    ///< absent: nobody looked
  std::optional<BinaryTraits> binary;  ///< what it ran; absent: not known
  bool truncated = false;
  bool existing = false;
  std::optional<WallTime> end;
  std::uint32_t wait_status = 0;
  std::optional<std::uint64_t> connections;  ///< TCP, asked for in its life; absent: not known
  std::optional<ResourceUse> use;            ///< so far, without an end
};

/// Counters become rates (unit per second: ns of CPU per second = cores), gauges means; NaN = no
/// data in the step.
struct SeriesQuery {
  SeriesKey key;
  WallTime from;
  WallTime to;
  std::chrono::nanoseconds step = std::chrono::seconds(1);
};

struct ExecutionQuery {
  std::optional<HostId> host = {};
  std::optional<WallTime> from = {};
  std::optional<WallTime> to = {};
  std::string signature = {};  ///< exact; empty: any
  std::string text = {};       ///< in the signature or argv; empty: any
  std::size_t limit = 100;     ///< newest first
};

/// The dictionary of signatures: bounded, what does not fit is '<other>'.
struct SignatureUse {
  std::uint64_t count = 0;
  std::optional<WallTime> last_left_out;  ///< the newest command that did not fit; absent: none yet
};

/// Reading side: a connection of its own, read-only; one thread. Never blocks the writer.
class HistoryReader {
 public:
  virtual ~HistoryReader() = default;
  virtual Result<std::vector<HostRow>> hosts() = 0;
  /// The hosts themselves (empty cgroup) are left out.
  virtual Result<std::vector<WorkloadRow>> workloads(std::optional<HostId> host) = 0;
  /// Of workloads and hosts: the quantities of the newest sample, if that is not older.
  virtual Result<std::vector<SeriesKey>> series_keys(WallTime active_since) = 0;
  virtual Result<Series> series(const SeriesQuery& query) = 0;
  virtual Result<std::vector<ExecutionRow>> executions(const ExecutionQuery& query) = 0;
  /// Signatures that ran at least `least` times in [from, to), processes older than the agent,
  /// forks without an execve and the signature '<other>' left out. By host and signature.
  virtual Result<std::vector<SignatureRuns>> signature_runs(WallTime from, WallTime to,
                                                            std::size_t least) = 0;
  virtual Result<SignatureUse> signature_use() = 0;
};

struct HistoryStats {
  std::uint64_t bytes = 0;  ///< of the file and its log
  std::uint64_t executions = 0;
  std::uint64_t samples = 0;  ///< looks at a workload or host, each with all its quantities
  std::uint64_t series = 0;
  std::uint64_t signatures = 0;
  std::uint64_t repeated_batches = 0;  ///< since it was opened
};

struct HistoryLimits {
  std::uint64_t max_bytes = 0;
  /// Of the file system. While less is free the history grows no further than 16 MiB, or what it
  /// has: the oldest makes room for the newest.
  std::uint64_t min_free_bytes = 0;
};

/// Writing side: the only writer. One thread.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;
  /// All batches in one transaction, durable when it returns: each batch's records and its sequence
  /// number together, so that a repeat is seen as one. Same order and number as the input.
  /// `conflict`: at least one of them says what cannot be.
  virtual Result<std::vector<AppendedBatch>> append(std::span<const ReceivedBatch> batches) = 0;
  /// Drops what is older than `before`, and the oldest beyond the limits. Work per call is bounded;
  /// false when there is more to do.
  virtual Result<bool> prune(WallTime before, const HistoryLimits& limits) = 0;
  virtual Result<HistoryStats> stats() = 0;
};

}  // namespace foreshock::coordinator
