#include "agent/capture/pin_directory.h"

#include <cerrno>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/os/file.h"

namespace foreshock::agent {

namespace {

namespace fs = std::filesystem;

std::string nearest_existing(const std::string& path) {
  std::error_code ignored;
  fs::path found = fs::absolute(path, ignored).lexically_normal();
  while (!fs::exists(found, ignored) && found.has_relative_path()) found = found.parent_path();
  return found.string();
}

Result<void> check_bpf_file_system(const std::string& path) {
  const std::string existing = nearest_existing(path);
  struct statfs status {};
  if (::statfs(existing.c_str(), &status) != 0) return error_from_errno("statfs " + existing);
  if (status.f_type == BPF_FS_MAGIC) return {};
  const std::string mount_point =
      path.starts_with("/sys/fs/bpf/") ? "/sys/fs/bpf" : fs::path(path).parent_path().string();
  return Error(ErrorCode::unsupported,
               fmt::format("pin directory {} is not on a BPF file system: mount -t bpf bpf {}",
                           path, mount_point));
}

/// From /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 00:1a:5678 0 EOF"; empty when it is not to be
/// seen.
std::string find_lock_holder(ino_t inode) {
  const auto locks = read_file("/proc/locks");
  if (!locks) return {};
  const std::string wanted = fmt::format(":{}", inode);
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, access, pid, object;
    words >> number >> kind >> advice >> access >> pid >> object;
    if (kind == "FLOCK" && object.ends_with(wanted)) return pid;
  }
  return {};
}

/// Whether `path` still names the directory behind the descriptor: its owner may have removed it
/// meanwhile.
bool is_still_named(const UniqueFd& directory, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(directory.get(), &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

}  // namespace

PinDirectory::PinDirectory(std::string path, UniqueFd directory)
    : path_(std::move(path)), directory_(std::move(directory)) {}

Result<PinDirectory> PinDirectory::make(const std::string& path) {
  FS_CHECK(check_bpf_file_system(path));
  FS_CHECK(make_directories(path, 0700));
  FS_TRY(auto directory, open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return error_from_errno("lock " + path);
    struct stat status {};
    const std::string holder =
        ::fstat(directory.get(), &status) == 0 ? find_lock_holder(status.st_ino) : "";
    return Error(ErrorCode::conflict, fmt::format("pin directory {} is in use by process {}", path,
                                                  holder.empty() ? "(unknown)" : holder));
  }
  if (!is_still_named(directory, path)) {
    return Error(ErrorCode::unavailable, "pin directory " + path + " was removed just now");
  }
  return PinDirectory(path, std::move(directory));
}

std::string PinDirectory::path_of(std::string_view name) const {
  return fmt::format("{}/{}", path_, name);
}

Result<void> PinDirectory::clear() const {
  FS_TRY(const auto names, list_directory(path_));
  for (const auto& name : names) {
    if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) {
      return error_from_errno("unpin " + path_of(name));
    }
  }
  return {};
}

Result<void> PinDirectory::remove() const {
  FS_CHECK(clear());
  // EBUSY: it is a mount point, which stays with who made it (the service's own file systems).
  if (::rmdir(path_.c_str()) != 0 && errno != EBUSY) return error_from_errno("remove " + path_);
  return {};
}

}  // namespace foreshock::agent
