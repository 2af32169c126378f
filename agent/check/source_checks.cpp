#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include "agent/check/checks.h"

namespace foreshock::agent {
namespace {

constexpr std::string_view kFallbackBlindness =
    "short commands' arguments are missed, and watched commands are noticed later";

}  // namespace

Check check_event_source(const PreflightOptions& options) {
  if (!options.try_bpf) {
    return {"event_source", CheckState::ok, "not tried", ""};
  }
  const auto bpf = options.try_bpf();
  if (bpf) {
    return {"event_source", CheckState::ok, "bpf: the programs load and pass the kernel's verifier",
            ""};
  }
  const std::string how_to_bpf =
      "See the lines below for what BPF needs; on this host it said: " + bpf.error().message();
  const auto connector = options.try_proc_connector
                             ? options.try_proc_connector()
                             : Result<void>(Error(ErrorCode::unsupported, "not tried"));
  if (connector) {
    return {"event_source", CheckState::warn,
            fmt::format("proc_connector, automatically, because BPF does not work: {}",
                        kFallbackBlindness),
            how_to_bpf};
  }
  return {"event_source", CheckState::fail,
          fmt::format("none works: BPF: {}; process connector: {}", bpf.error().message(),
                      connector.error().message()),
          "Run as root (see privileges below), or, where the audit daemon logs execve, set "
          "capture.source = \"audit_log\"."};
}

void soften_bpf_failures(const Check& event_source, std::vector<Check>& checks) {
  if (event_source.state != CheckState::warn) return;
  for (auto& check : checks) {
    const bool is_of_bpf = check.name == "kernel" || check.name == "privileges" ||
                           check.name == "lockdown" || check.name == "btf" ||
                           check.name == "tracepoints";
    if (is_of_bpf && check.state == CheckState::fail) check.state = CheckState::warn;
  }
}

}  // namespace foreshock::agent
