#include "agent/uplink/zmq_uplink.h"

#include <utility>

#include "common/wire/codec.h"

namespace foreshock::agent {

Result<std::unique_ptr<ZmqUplink>> ZmqUplink::connect(const DealerSocket::Options& options) {
  FS_TRY(auto socket, DealerSocket::connect(options));
  return std::unique_ptr<ZmqUplink>(new ZmqUplink(std::move(socket)));
}

bool ZmqUplink::try_send(const AgentMessage& message) {
  return socket_->try_send(encode_message(message));
}

std::optional<CoordinatorMessage> ZmqUplink::try_receive() {
  while (const auto bytes = socket_->try_receive()) {
    if (auto message = decode_coordinator_message(*bytes)) return *std::move(message);
    ++undecodable_;
  }
  return std::nullopt;
}

}  // namespace foreshock::agent
