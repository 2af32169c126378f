#pragma once

#include <memory>

#include "agent/uplink/uplink.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// The uplink over ZeroMQ and CURVE.
class ZmqUplink final : public Uplink {
 public:
  /// Fails when endpoint or keys make no sense; a coordinator that is not there yet is no error.
  static Result<std::unique_ptr<ZmqUplink>> connect(const DealerSocket::Options& options);

  int ready_fd() const override { return socket_->ready_fd(); }
  bool try_send(const AgentMessage& message) override;
  std::optional<CoordinatorMessage> try_receive() override;
  LinkState state() override { return socket_->poll_state(); }
  std::uint64_t connections() const override { return socket_->connections(); }
  std::uint64_t undecodable() const override { return undecodable_; }

 private:
  explicit ZmqUplink(std::unique_ptr<DealerSocket> socket) : socket_(std::move(socket)) {}

  std::unique_ptr<DealerSocket> socket_;
  std::uint64_t undecodable_ = 0;
};

}  // namespace foreshock::agent
