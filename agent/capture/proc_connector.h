#pragma once

#include <cstdint>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"

namespace foreshock::agent {

/// One message of the kernel's process connector (<linux/cn_proc.h>). Ids are of the initial pid
/// namespace.
struct ProcConnectorEvent {
  enum class Kind : std::uint8_t { acknowledged, exec, exit };
  Kind kind = Kind::acknowledged;
  std::uint32_t cpu = 0;
  std::uint32_t sequence = 0;  ///< counts a CPU's messages of all kinds
  Nanoseconds monotonic{};
  std::uint32_t thread = 0;
  std::uint32_t process = 0;
  std::uint32_t wait_status = 0;  ///< of an exit
  int error = 0;                  ///< of an acknowledgement
};

struct ProcConnectorMessages {
  std::vector<ProcConnectorEvent> events;
  /// CPU and sequence of every message, also of those that we do not use: a gap is a loss.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sequences;
};

/// The messages of one datagram; what is damaged or unknown is left out. Pure.
ProcConnectorMessages decode_proc_connector(ByteView datagram);

/// The body of the message that asks for events.
ByteBuffer make_proc_connector_request();

}  // namespace foreshock::agent
