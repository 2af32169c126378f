#include "agent/cgroup/cgroup_dir.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/cgroup/cgroup_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && std::ranges::none_of(name, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

// What openat2 below does, for kernels and system call filters that do not know it.
Result<UniqueFd> open_by_component(UniqueFd directory, const std::string& relative) {
  for (const std::string_view name : split_at(relative, '/')) {
    FS_TRY(directory, open_at(directory.get(), std::string(name), kDirectoryFlags));
  }
  return directory;
}

Result<UniqueFd> open_beneath(UniqueFd root, const std::string& relative) {
  open_how how{};
  how.flags = kDirectoryFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, root.get(), relative.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  // Older container runtimes' filters answer EPERM to a call that they have never heard of.
  if (errno == ENOSYS || errno == EPERM) return open_by_component(std::move(root), relative);
  return error_from_errno("open");
}

}  // namespace

bool is_canonical_cgroup_path(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.ends_with('/') || path.size() >= PATH_MAX) return false;
  return std::ranges::all_of(split_at(path.substr(1), '/'), is_plain_name);
}

CgroupDir::CgroupDir(UniqueFd fd, std::uint64_t id, std::string path)
    : fd_(std::move(fd)), id_(id), path_(std::move(path)) {}

Result<CgroupDir> CgroupDir::open(const std::string& root, const std::string& path) {
  if (!is_canonical_cgroup_path(path)) {
    return Error(ErrorCode::invalid_argument, "open cgroup " + path + ": not a canonical path");
  }
  FS_TRY(UniqueFd fd, open_at(AT_FDCWD, root, O_RDONLY | O_DIRECTORY));
  if (path != "/") {
    auto opened = open_beneath(std::move(fd), path.substr(1));
    if (!opened) return opened.error().in("cgroup " + path + " in " + root);
    fd = *std::move(opened);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return error_from_errno("stat cgroup " + path);
  return CgroupDir(std::move(fd), status.st_ino, path);
}

Result<std::string> CgroupDir::read(const std::string& file) const {
  auto text = read_file_at(fd_.get(), file);
  if (!text) return text.error().in("cgroup " + path_);
  return text;
}

Result<void> CgroupDir::write(const std::string& file, std::string_view text) const {
  auto written = write_value_at(fd_.get(), file, text);
  if (!written) return written.error().in("cgroup " + path_);
  return written;
}

}  // namespace foreshock::agent
