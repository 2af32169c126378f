#include "agent/metrics_in/statsd_listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace foreshock::agent {

namespace {

constexpr int kReceiveBytes = 4 << 20;
constexpr int kMaxDatagrams = 2048;  // in one turn

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// A number of an address, not a name: listening must not wait for a name server.
Result<Address> parse_address(const std::string& text) {
  const Error wrong(
      ErrorCode::invalid_argument,
      "statsd address \"" + text + "\": expected \"127.0.0.1:8125\" or \"[::1]:8125\"");
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return wrong;
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return wrong;
  auto host = text.substr(0, colon);
  Address address;
  if (host.starts_with('[') && host.ends_with(']')) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.bytes = sizeof *v6;
    if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6->sin6_addr) != 1)
      return wrong;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.bytes = sizeof *v4;
    if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) != 1) return wrong;
  }
  return address;
}

Result<UniqueFd> make_socket(int family, const std::string& name) {
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return error_from_errno("listen for statsd on " + name);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBytes, sizeof kReceiveBytes);
  return fd;
}

}  // namespace

Result<std::unique_ptr<StatsdListener>> StatsdListener::make(const Options& options,
                                                             MetricTable& table,
                                                             const Clock& clock) {
  std::unique_ptr<StatsdListener> listener(new StatsdListener(options, table, clock));
  if (!options.udp.empty()) FS_CHECK(listener->listen_udp());
  if (!options.unix_socket.empty()) FS_CHECK(listener->listen_unix());
  return listener;
}

StatsdListener::StatsdListener(Options options, MetricTable& table, const Clock& clock)
    : options_(std::move(options)), table_(table), clock_(clock) {}

StatsdListener::~StatsdListener() {
  if (made_unix_socket_) ::unlink(options_.unix_socket.c_str());
}

Result<void> StatsdListener::listen_udp() {
  FS_TRY(const auto address, parse_address(options_.udp));
  FS_TRY(auto fd, make_socket(address.storage.ss_family, options_.udp));
  if (::bind(fd.get(), address.get(), address.bytes) != 0)
    return error_from_errno("listen for statsd on " + options_.udp);
  sockets_.push_back(std::move(fd));
  return {};
}

Result<void> StatsdListener::listen_unix() {
  const auto& path = options_.unix_socket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error(ErrorCode::invalid_argument,
                 "listen for statsd on " + path + ": the path is too long for a socket");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  FS_TRY(auto fd, make_socket(AF_UNIX, path));
  // What a run that was killed left behind; a file of another kind is not ours to remove.
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return error_from_errno("listen for statsd on " + path);
  made_unix_socket_ = true;
  if (::chmod(path.c_str(), 0666) != 0) return error_from_errno("open " + path + " to all");
  sockets_.push_back(std::move(fd));
  return {};
}

std::uint16_t StatsdListener::udp_port() const {
  for (const auto& socket : sockets_) {
    sockaddr_storage storage{};
    socklen_t bytes = sizeof storage;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &bytes) != 0) continue;
    if (storage.ss_family == AF_INET)
      return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
    if (storage.ss_family == AF_INET6)
      return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  }
  return 0;
}

void StatsdListener::receive(int socket) {
  std::array<char, 65536> buffer;
  const BootTime now = clock_.boot_now();
  for (int i = 0; i < kMaxDatagrams; ++i) {
    const auto n = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    std::string_view text(buffer.data(), static_cast<std::size_t>(n));
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      if (line.empty()) continue;
      if (const auto parsed = parse_statsd_line(line)) {
        table_.add(*parsed, now);
      } else {
        table_.add_malformed();
      }
    }
  }
}

}  // namespace foreshock::agent
