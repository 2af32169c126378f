#include "agent/capture/proc_connector.h"

#include <cstring>

#include <linux/cn_proc.h>
#include <linux/connector.h>

#include "agent/capture/netlink_socket.h"

namespace foreshock::agent {

namespace {

// Of <linux/cn_proc.h>, whose names moved about between kernel versions; the numbers did not.
constexpr std::uint32_t kNone = 0;
constexpr std::uint32_t kExec = 2;
constexpr std::uint32_t kExit = 0x80000000;

/// The part of proc_event that all kinds share, then two or more numbers.
struct Head {
  std::uint32_t what;
  std::uint32_t cpu;
  std::uint64_t timestamp_ns;
};
struct ExecBody {
  std::uint32_t thread;
  std::uint32_t process;
};
struct ExitBody {
  std::uint32_t thread;
  std::uint32_t process;
  std::uint32_t exit_code;
};

template <typename T>
bool take(ByteView& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes = bytes.subspan(sizeof value);
  return true;
}

void decode_message(ByteView body, ProcConnectorMessages& messages) {
  cn_msg message;
  Head head{};
  if (!take(body, message) || message.id.idx != CN_IDX_PROC || message.id.val != CN_VAL_PROC)
    return;
  if (!take(body, head) || head.timestamp_ns >> 62 != 0) return;
  ProcConnectorEvent event;
  event.cpu = head.cpu;
  event.sequence = message.seq;
  event.monotonic = Nanoseconds(static_cast<std::int64_t>(head.timestamp_ns));
  if (head.what == kNone) {
    std::uint32_t error = 0;
    if (!take(body, error)) return;
    event.error = static_cast<int>(error);
    messages.events.push_back(event);
    return;  // an answer to us: not in the sequence
  }
  messages.sequences.emplace_back(head.cpu, message.seq);
  if (ExecBody exec{}; head.what == kExec && take(body, exec)) {
    event.kind = ProcConnectorEvent::Kind::exec;
    event.thread = exec.thread;
    event.process = exec.process;
    messages.events.push_back(event);
  } else if (ExitBody exit{}; head.what == kExit && take(body, exit)) {
    event.kind = ProcConnectorEvent::Kind::exit;
    event.thread = exit.thread;
    event.process = exit.process;
    event.wait_status = exit.exit_code;
    messages.events.push_back(event);
  }
}

}  // namespace

ProcConnectorMessages decode_proc_connector(ByteView datagram) {
  ProcConnectorMessages messages;
  for_each_netlink_message(datagram,
                           [&](std::uint16_t, ByteView body) { decode_message(body, messages); });
  return messages;
}

ByteBuffer make_proc_connector_request() {
  const std::uint32_t listen = PROC_CN_MCAST_LISTEN;
  cn_msg message{};
  message.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC};
  message.len = sizeof listen;
  ByteBuffer body(sizeof message + sizeof listen);
  std::memcpy(body.data(), &message, sizeof message);
  std::memcpy(body.data() + sizeof message, &listen, sizeof listen);
  return body;
}

}  // namespace foreshock::agent
