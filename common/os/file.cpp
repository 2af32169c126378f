#include "common/os/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace foreshock {

namespace {

Result<std::string> read_at_offset_zero(int fd, const std::string& name, std::size_t limit) {
  std::string text;
  std::size_t used = 0;
  text.resize(4096);
  while (true) {
    const ssize_t n = ::pread(fd, text.data() + used, text.size() - used, static_cast<off_t>(used));
    if (n < 0) {
      if (errno == EINTR) continue;
      return error_from_errno("read " + name);
    }
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
    if (used > limit)
      return Error(ErrorCode::exhausted,
                   "read " + name + ": larger than " + std::to_string(limit) + " bytes");
    if (used == text.size()) text.resize(text.size() * 2);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<UniqueFd> open_at(int dir_fd, const std::string& name, int flags, mode_t mode) {
  const int fd = ::openat(dir_fd, name.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return error_from_errno("open " + name);
  return UniqueFd(fd);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  return read_file_at(AT_FDCWD, path, limit);
}

Result<std::string> read_file_at(int dir_fd, const std::string& name, std::size_t limit) {
  FS_TRY(const UniqueFd fd, open_at(dir_fd, name, O_RDONLY));
  return read_at_offset_zero(fd.get(), name, limit);
}

Result<std::string> read_from_start(int fd, std::size_t limit) {
  // The kernel gives as many records as fit into a page. With half of it left there is no further
  // one, and no second call is needed to find that out.
  std::array<char, 4096> page;
  const ssize_t n = ::pread(fd, page.data(), page.size(), 0);
  if (n >= 0 && static_cast<std::size_t>(n) < std::min(page.size() / 2, limit))
    return std::string(page.data(), static_cast<std::size_t>(n));
  return read_at_offset_zero(fd, "descriptor", limit);
}

Result<void> write_value_at(int dir_fd, const std::string& name, std::string_view text) {
  // Truncated as a shell does it: cgroupfs takes no notice, a plain file in its place keeps no old
  // tail.
  FS_TRY(const UniqueFd fd, open_at(dir_fd, name, O_WRONLY | O_TRUNC));
  ssize_t n = 0;
  do {
    n = ::write(fd.get(), text.data(), text.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return error_from_errno("write " + name);
  if (static_cast<std::size_t>(n) != text.size())
    return Error(ErrorCode::io, "write " + name + ": short write");
  return {};
}

Result<void> write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return error_from_errno("write");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> replace_file(const std::string& path, ByteView contents, mode_t mode) {
  const std::string temporary = path + ".new";
  {
    FS_TRY(const UniqueFd fd, open_at(AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    if (auto written = write_all(fd.get(), contents); !written)
      return written.error().in(temporary);
    if (::fchmod(fd.get(), mode) != 0) return error_from_errno("chmod " + temporary);
    if (::fsync(fd.get()) != 0) return error_from_errno("fsync " + temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return error_from_errno("rename " + temporary);
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  const std::filesystem::path whole(path);
  std::filesystem::path prefix;
  for (const auto& part : whole) {
    prefix /= part;
    if (::mkdir(prefix.c_str(), mode) != 0 && errno != EEXIST) {
      return error_from_errno("make directory " + prefix.string());
    }
  }
  return {};
}

Result<void> check_writable_directory(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return error_from_errno("directory " + path);
  if (!S_ISDIR(status.st_mode))
    return Error(ErrorCode::invalid_argument, path + ": not a directory");
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    return error_from_errno("directory " + path + " is not writable");
  return {};
}

Result<UniqueFd> lock_directory(const std::string& path) {
  FS_TRY(auto directory, open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return error_from_errno("lock " + path);
    return Error(ErrorCode::conflict, path + " is in use by another process of this service");
  }
  return directory;
}

Result<void> sync_directory(const std::string& path) {
  FS_TRY(const UniqueFd fd, open_at(AT_FDCWD, path.empty() ? "." : path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return error_from_errno("fsync " + path);
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return error_from_errno("list " + path);
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe on a stream of one's own
  while (const dirent* entry = ::readdir(directory.get())) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0) {
      names.emplace_back(entry->d_name);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace foreshock
