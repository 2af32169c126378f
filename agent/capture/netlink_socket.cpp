#include "agent/capture/netlink_socket.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

namespace foreshock::agent {

namespace {

std::size_t aligned(std::size_t bytes) {
  return (bytes + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

}  // namespace

Result<NetlinkSocket> NetlinkSocket::open(int protocol, std::uint32_t groups, int receive_bytes) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd.valid()) {
    const auto error = error_from_errno("netlink socket");
    return errno == EPROTONOSUPPORT ? Error(ErrorCode::unsupported, error.message()) : error;
  }
  // Beyond the host's usual maximum where we may; else what it allows.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) != 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return error_from_errno("join a netlink group");
  return NetlinkSocket(std::move(fd));
}

Result<void> NetlinkSocket::send(std::uint16_t type, ByteView body) const {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST;
  ByteBuffer message(sizeof header + body.size());
  std::memcpy(message.data(), &header, sizeof header);
  std::memcpy(message.data() + sizeof header, body.data(), body.size());
  if (::send(fd_.get(), message.data(), message.size(), 0) < 0)
    return error_from_errno("ask the kernel over netlink");
  return {};
}

Result<bool> NetlinkSocket::receive(std::size_t limit,
                                    const std::function<void(ByteView)>& on_datagram) const {
  std::array<std::byte, 16384> buffer;
  bool complete = true;
  for (std::size_t i = 0; i < limit; ++i) {
    sockaddr_nl sender{};
    socklen_t sender_bytes = sizeof sender;
    const auto n = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                              reinterpret_cast<sockaddr*>(&sender), &sender_bytes);
    if (n >= 0) {
      // Only the kernel's word counts: any process may send to this socket.
      if (sender.nl_pid == 0) on_datagram(ByteView(buffer).first(static_cast<std::size_t>(n)));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return complete;
    if (errno == ENOBUFS) {
      complete = false;
    } else if (errno != EINTR) {
      return error_from_errno("read from netlink");
    }
  }
  return complete;
}

bool NetlinkSocket::wait(std::chrono::milliseconds timeout) const {
  pollfd readable{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&readable, 1, static_cast<int>(timeout.count())) == 1;
}

void for_each_netlink_message(ByteView datagram,
                              const std::function<void(std::uint16_t, ByteView)>& on) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, datagram.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return;
    on(header.nlmsg_type, datagram.subspan(sizeof header, header.nlmsg_len - sizeof header));
    datagram = datagram.subspan(std::min(datagram.size(), aligned(header.nlmsg_len)));
  }
}

}  // namespace foreshock::agent
