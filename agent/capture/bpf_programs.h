#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/capture/pin_directory.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// The programs and maps of agent/bpf in the kernel, as descriptors. They run until the last
/// descriptor is closed, or, once pinned, until they are unpinned.
class BpfPrograms {
 public:
  struct Options {
    std::uint32_t ring_bytes = 0;
    bool cgroup_v1 = false;
  };

  struct Losses {
    std::uint64_t execs = 0;
    std::uint64_t exits = 0;
    bool operator==(const Losses&) const = default;
  };

  /// Loads and verifies; nothing is captured before attach(). `permission_denied` names the missing
  /// capability, `unsupported` the missing kernel feature or what the verifier said.
  static Result<BpfPrograms> load(const Options& options);
  Result<void> attach();

  Result<void> pin(const PinDirectory& directory);
  /// What an agent of the same build and options has pinned; nothing when it is another's or
  /// incomplete.
  static std::optional<BpfPrograms> take_over(const PinDirectory& directory,
                                              const Options& options);

  /// Unpins whatever is there and hands out its ring to be read a last time, all exits in it; or
  /// nothing.
  struct OldRing {
    UniqueFd fd;
    std::uint32_t bytes = 0;
  };
  static Result<std::optional<OldRing>> retire_pinned(const PinDirectory& directory);

  /// Sends the exits of processes that ended before then and that nobody reaps; others send
  /// themselves. Returns how many still wait.
  Result<std::uint32_t> sweep_ended(BootTime before) const;
  /// Nothing more is captured by programs that are not pinned.
  void close_links();

  int ring_fd() const { return ring_.get(); }
  std::uint32_t ring_bytes() const { return ring_bytes_; }
  Result<void> replace_watched_names(const std::vector<std::string>& base_names) const;
  /// Since the programs were loaded: ring full, and runs that the kernel skipped.
  Losses read_losses() const;
  /// How much of that has been told already; kept with the pins, for the agent that takes over.
  Losses read_told_losses() const;
  void write_told_losses(const Losses& losses) const;

 private:
  struct Named {
    const char* name;
    UniqueFd* fd;
  };

  BpfPrograms() = default;
  /// Everything that is pinned, the record last: it shows that the others are there.
  std::array<Named, 14> objects();

  std::uint32_t ring_bytes_ = 0;
  UniqueFd ring_, drops_, watched_names_, watched_marks_, record_;
  UniqueFd connect_program_, exec_program_, exit_program_, free_program_, sweep_program_;
  UniqueFd connect_link_, exec_link_, exit_link_, free_link_;
};

}  // namespace foreshock::agent
