#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// A non-blocking datagram socket to the kernel.
class NetlinkSocket {
 public:
  /// @param groups  multicast groups to join, as bits. `permission_denied` where the kernel wants
  ///                CAP_NET_ADMIN for them, `unsupported` where it does not know the protocol.
  static Result<NetlinkSocket> open(int protocol, std::uint32_t groups, int receive_bytes);

  int fd() const { return fd_.get(); }
  /// One message of the given type; `body` follows the netlink header.
  Result<void> send(std::uint16_t type, ByteView body) const;
  /// Hands each datagram that is there to `on_datagram`, at most `limit`. False: the kernel had to
  /// drop some because nobody read in time.
  Result<bool> receive(std::size_t limit, const std::function<void(ByteView)>& on_datagram) const;
  /// Waits for something to read.
  bool wait(std::chrono::milliseconds timeout) const;

 private:
  explicit NetlinkSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// The messages of a datagram: type and body of each; ends at the first that is not whole. Pure.
void for_each_netlink_message(ByteView datagram,
                              const std::function<void(std::uint16_t type, ByteView body)>& on);

}  // namespace foreshock::agent
