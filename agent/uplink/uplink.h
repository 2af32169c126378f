#pragma once

#include <cstdint>
#include <optional>

#include "common/model/message.h"
#include "common/wire/zmq_socket.h"

namespace foreshock::agent {

/// The way to the coordinator. One thread; never blocks.
class Uplink {
 public:
  virtual ~Uplink() = default;
  /// Readable when a message may have come or the state may have changed: then call try_receive()
  /// until nullopt.
  virtual int ready_fd() const = 0;
  /// False: not now, keep it.
  virtual bool try_send(const AgentMessage& message) = 0;
  /// Messages that cannot be understood are counted and skipped.
  virtual std::optional<CoordinatorMessage> try_receive() = 0;
  virtual LinkState state() = 0;
  /// Handshakes done so far. When it has grown: say Hello, and Delivery::on_connected().
  virtual std::uint64_t connections() const = 0;
  virtual std::uint64_t undecodable() const = 0;
};

}  // namespace foreshock::agent
