#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/text/text_table.h"

namespace foreshock::agent {

enum class CheckState : std::uint8_t {
  ok,
  warn,  ///< works, but something is not seen or cannot be done: the detail says what
  fail,  ///< the agent cannot do its work
};
std::string_view to_string(CheckState state);

/// One thing the agent needs from its host.
struct Check {
  std::string name;  ///< one word, stable: "btf", "cgroup_memory"
  CheckState state = CheckState::ok;
  std::string detail;  ///< what was found, and what follows from it
  std::string remedy;  ///< what to do; empty when there is nothing to do
  bool operator==(const Check&) const = default;
};

/// Where to look; other roots are for tests.
struct PreflightOptions {
  std::string proc_root = "/proc";
  std::string sys_root = "/sys";
  std::string run_root = "/run";
  std::string state_directory = "/var/lib/foreshock-agent";
  std::string pin_directory = "/sys/fs/bpf/foreshock-agent";  ///< empty: pinning is not wanted
  Bytes ring{std::uint64_t{8} << 20};
  /// Load the BPF programs, and listen to the process connector, to see whether that works here;
  /// both leave nothing behind. Without them only the conditions are looked at.
  std::function<Result<void>()> try_bpf{};
  std::function<Result<void>()> try_proc_connector{};
};

/// Looks at the host without changing anything: where commands come from (which event source works
/// and what it cannot see), kernel, privileges, BTF, bpffs, cgroups by
/// controller, pressure files, login ids, state directory, memory for the ring. Any user, any
/// Linux; what cannot be read is a finding. Always the same checks in the same order.
std::vector<Check> run_preflight(const PreflightOptions& options);

/// 0: all ok, 1: warnings, 2: failures.
int exit_status(const std::vector<Check>& checks);

/// A table, then what to do about each finding, then one line of summary.
std::string render_text(const std::vector<Check>& checks, const TextStyle& style);
/// {"status": 1, "checks": [{"name": …, "state": "warn", "detail": …, "remedy": …}]}
std::string render_json(const std::vector<Check>& checks);

}  // namespace foreshock::agent
