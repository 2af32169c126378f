#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/capture/event_source.h"
#include "agent/capture/netlink_socket.h"
#include "agent/capture/proc_connector.h"
#include "agent/capture/task_accounts.h"
#include "common/base/clock.h"

namespace foreshock::agent {

/// Exec and exit events without BPF: the kernel's process connector says that a process has called
/// execve or ended, /proc says with which arguments, taskstats what it used. A command that has
/// ended before /proc was read is seen only at its end, without arguments; it counts as a lost
/// exec. The kernel cuts an account's counts of calls and bytes to multiples of 1024.
class ProcConnectorEventSource final : public EventSource {
 public:
  struct Options {
    std::string proc_root = "/proc";
    std::string cgroup_root;  ///< mount point of the workload hierarchy
    bool cgroup_v1 = false;
  };

  /// `permission_denied` without CAP_NET_ADMIN, `unsupported` where the kernel has no process
  /// connector or we are not in its initial pid namespace.
  static Result<std::unique_ptr<ProcConnectorEventSource>> make(const Options& options);

  std::string name() const override { return "proc_connector"; }
  std::vector<std::string> blind_spots() const override;
  /// Readable at each event: what a short command was can only be read while it runs.
  int ready_fd() const override { return socket_.fd(); }
  Result<std::size_t> drain(const Sink& sink) override;
  std::uint64_t position() const override { return 0; }
  void release_through(std::uint64_t) override {}
  Result<void> watch_names(const std::vector<std::string>&) override { return {}; }
  EventSourceStats stats() const override { return stats_; }

 private:
  struct Accounted {
    ResourceUse use;
    std::optional<std::uint32_t> wait_status;  ///< once the leader has ended
  };

  ProcConnectorEventSource(Options options, NetlinkSocket socket,
                           std::optional<TaskAccounts> accounts);
  Result<void> receive();
  void count_gaps(const ProcConnectorMessages& messages);
  std::optional<ProcessEvent> make_exec(const ProcConnectorEvent& event);
  std::optional<ProcessEvent> make_exit(const ProcConnectorEvent& event);
  std::uint64_t cgroup_id_of(const std::string& path);
  BootTime to_boot(Nanoseconds monotonic) const;

  const Options options_;
  NetlinkSocket socket_;
  std::optional<TaskAccounts> accounts_;
  SystemClock clock_;
  Nanoseconds boot_minus_monotonic_{};
  std::deque<ProcConnectorEvent> waiting_;
  std::deque<ProcessEvent> refused_;  ///< made, but the sink did not take it yet
  std::unordered_map<std::uint32_t, TaskAccount> ended_threads_;
  std::unordered_map<std::uint32_t, Accounted> ending_;        ///< processes, by id
  std::unordered_map<std::uint32_t, ProcessFacts> running_;    ///< whose exec was seen
  std::unordered_map<std::uint32_t, std::uint32_t> sequence_;  ///< by CPU, the last one
  std::unordered_map<std::string, std::uint64_t> cgroup_ids_;
  EventSourceStats stats_;
};

}  // namespace foreshock::agent
