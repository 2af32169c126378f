#include "common/http/unix_listener.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace foreshock {

namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un> make_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("socket path \"{}\": must have 1 to {} characters", path,
                             sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<UniqueFd> make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return error_from_errno("socket");
  return fd;
}

template <typename Call>
int call_with_address(Call call, int fd, const sockaddr_un& address) {
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

/// Makes way for a new socket: removes one that nobody listens on.
Result<void> remove_stale_socket(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return error_from_errno("look at socket " + path);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Error(ErrorCode::conflict,
                 fmt::format("socket {}: a file that is no socket is in the way", path));
  }
  const auto connection = connect_unix(path);
  if (connection) {
    return Error(ErrorCode::conflict,
                 fmt::format("socket {}: already in use by a running service", path));
  }
  if (connection.error().code() != ErrorCode::unavailable) return connection.error();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return error_from_errno("remove stale socket " + path);
  return {};
}

/// Binds with the mode that the file shall have from its first moment.
Result<void> bind_private(int fd, const sockaddr_un& address) {
  const mode_t before = ::umask(0117);
  const int result = call_with_address(::bind, fd, address);
  const int error_number = errno;
  ::umask(before);
  if (result != 0)
    return error_from_errno(fmt::format("bind socket {}", address.sun_path), error_number);
  return {};
}

std::optional<gid_t> find_group(const std::string& name) {
  std::vector<char> buffer(16384);
  group entry{};
  group* found = nullptr;
  if (name.empty() ||
      ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || !found) {
    return std::nullopt;
  }
  return entry.gr_gid;
}

Result<void> give_to_group(const std::string& path, const std::string& name) {
  const auto gid = find_group(name);
  if (!gid) return {};
  // An ordinary user who is not in the group keeps the socket to himself: stricter than asked, so
  // no failure.
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), *gid) == 0 || errno == EPERM) return {};
  return error_from_errno(fmt::format("give socket {} to group {}", path, name));
}

}  // namespace

Result<UnixListener> UnixListener::bind(const std::string& path, const std::string& group) {
  FS_TRY(const auto address, make_address(path));
  FS_CHECK(remove_stale_socket(path));
  FS_TRY(auto fd, make_socket());
  FS_CHECK(bind_private(fd.get(), address));
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return error_from_errno("look at socket " + path);
  UnixListener listener(std::move(fd), path, status.st_dev, status.st_ino);
  FS_CHECK(give_to_group(path, group));
  if (::listen(listener.fd(), kBacklog) != 0) return error_from_errno("listen on socket " + path);
  return listener;
}

UnixListener::UnixListener(UniqueFd fd, std::string path, dev_t device, ino_t inode)
    : fd_(std::move(fd)), path_(std::move(path)), device_(device), inode_(inode) {}

UnixListener::~UnixListener() {
  if (!fd_.valid()) return;
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

Result<UniqueFd> connect_unix(const std::string& path) {
  FS_TRY(const auto address, make_address(path));
  FS_TRY(auto fd, make_socket());
  if (call_with_address(::connect, fd.get(), address) == 0) return fd;
  const int error_number = errno;
  if (error_number == ENOENT || error_number == ECONNREFUSED) {
    return Error(ErrorCode::unavailable,
                 fmt::format("{}: not running? ({})", path,
                             error_number == ENOENT ? "no such socket" : "nobody listens"));
  }
  return error_from_errno("connect to " + path, error_number);
}

}  // namespace foreshock
