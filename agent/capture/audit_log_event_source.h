#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/capture/audit_records.h"
#include "agent/capture/event_source.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// Execs from the log of the Linux audit daemon, for hosts whose owner allows neither BPF nor the
/// process connector. The daemon must have a rule such as
/// `-a always,exit -F arch=b64 -S execve,execveat`. Reads what is appended from now on and follows
/// the log when it is rotated. Ends are noticed in /proc, up to a second late, and say nothing
/// about use.
class AuditLogEventSource final : public EventSource {
 public:
  struct Options {
    std::string path = "/var/log/audit/audit.log";
    std::string proc_root = "/proc";
    std::string cgroup_root;  ///< mount point of the workload hierarchy
    bool cgroup_v1 = false;
  };

  /// `clock` is borrowed. Errors name the log.
  static Result<std::unique_ptr<AuditLogEventSource>> make(const Options& options,
                                                           const Clock& clock);

  std::string name() const override { return "audit_log"; }
  std::vector<std::string> blind_spots() const override;
  int ready_fd() const override { return -1; }
  Result<std::size_t> drain(const Sink& sink) override;
  std::uint64_t position() const override { return 0; }
  void release_through(std::uint64_t) override {}
  Result<void> watch_names(const std::vector<std::string>&) override { return {}; }
  EventSourceStats stats() const override { return stats_; }

 private:
  AuditLogEventSource(Options options, const Clock& clock, UniqueFd log, std::uint64_t offset);
  Result<void> read_lines();
  Result<void> follow_rotation();
  ExecEvent make_exec(AuditedExec&& audited);
  void notice_ends();

  const Options options_;
  const Clock& clock_;
  UniqueFd log_;
  std::uint64_t offset_;
  std::string rest_;       ///< of a line whose end is not written yet
  bool skipping_ = false;  ///< the rest of a line that is too long
  AuditRecords records_;
  std::deque<ProcessEvent> waiting_;
  std::unordered_map<std::uint32_t, ProcessFacts> running_;
  BootTime last_line_;
  BootTime last_look_;
  EventSourceStats stats_;
};

}  // namespace foreshock::agent
