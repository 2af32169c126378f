#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/capture/event_source.h"

namespace foreshock::agent {

/// Exec and exit events from BPF programs on the scheduler's tracepoints.
///
/// An exec comes at once. An exit comes when the kernel has settled the process's accounts: some
/// ten milliseconds after its parent has reaped it, or a second after the end when no parent does.
class BpfEventSource final : public EventSource {
 public:
  struct Options {
    std::uint32_t ring_bytes = 8u << 20;  ///< a power of two
    /// Where the ring and the attached programs are pinned (on a bpffs), so that the kernel goes on
    /// capturing while the agent is being restarted after a crash. Empty: not pinned.
    std::string pin_directory{};
    /// Take cgroup ids from the v1 cpu hierarchy (else from the v2 hierarchy).
    bool cgroup_v1 = false;
  };

  /// Loads, verifies and attaches; or takes over the pinned programs of an agent that died. Those
  /// of another build, or with other options, are replaced; what they had captured is delivered
  /// first. `permission_denied` names the missing capability, `unsupported` the missing kernel
  /// feature (BTF, …), `conflict` the process that uses the pin directory.
  static Result<std::unique_ptr<BpfEventSource>> make(const Options& options);
  ~BpfEventSource() override;

  /// Also removes the pins. All exits can still be drained.
  Result<void> detach() override;
  /// Whether the programs of an agent that died were taken over.
  bool resumed() const override;

  std::string name() const override { return "bpf"; }
  /// Readable when a watched executable was run or the ring is filling; drain() makes it
  /// unreadable.
  int ready_fd() const override;
  Result<std::size_t> drain(const Sink& sink) override;
  std::uint64_t position() const override;
  void release_through(std::uint64_t position) override;
  Result<void> watch_names(const std::vector<std::string>& base_names) override;
  /// Losses are as of a second ago at most, and counted from where an agent whose programs were
  /// taken over had last been asked.
  EventSourceStats stats() const override;

 private:
  struct Impl;
  explicit BpfEventSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent
