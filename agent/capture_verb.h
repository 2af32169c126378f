#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/capture/open_event_source.h"
#include "agent/event_lines/event_filter.h"
#include "common/base/result.h"

namespace foreshock::agent {

struct CaptureOptions {
  bool json = false;
  std::string output_path{};  ///< empty: standard output
  std::optional<std::chrono::nanoseconds> duration{};
  EventSourceKind source = EventSourceKind::automatic;
  std::uint32_t ring_bytes = 16u << 20;
  EventFilter filter{};
  std::size_t top = 0;  ///< commands of the table at the end; 0: no table
  bool colour = false;
  std::vector<std::string> redact_patterns{};  ///< the owner's, beside the built-in rules
};

/// `foreshock-agent capture`: one line for each command that starts and each process that ends,
/// until SIGINT, SIGTERM, the duration or the reader's end of a pipe; then a summary on standard
/// error. Needs no coordinator and no running agent, and does not disturb one. Secrets are redacted
/// as the agent does. Call before any thread is started: takes over SIGINT, SIGTERM and SIGPIPE.
Result<void> run_capture(const CaptureOptions& options);

}  // namespace foreshock::agent
