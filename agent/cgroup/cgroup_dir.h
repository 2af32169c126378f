#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// "/" or "/a/b": no empty, "." or ".." component, no control character, at most 4095 bytes. Every
/// cgroup has exactly one such spelling, so patterns that are matched against it can't be evaded.
/// Pure.
bool is_canonical_cgroup_path(std::string_view path);

/// One cgroup as an open directory: a path can be a different cgroup a second later, a descriptor
/// can't.
class CgroupDir {
 public:
  /// `path` is canonical and below `root`; symbolic links in it are refused. `not_found` when it is
  /// gone.
  static Result<CgroupDir> open(const std::string& root, const std::string& path);

  /// Inode of the directory: the same number BPF reports as the cgroup's id.
  std::uint64_t id() const { return id_; }
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

  Result<std::string> read(const std::string& file) const;
  Result<void> write(const std::string& file, std::string_view text) const;

 private:
  CgroupDir(UniqueFd fd, std::uint64_t id, std::string path);
  UniqueFd fd_;
  std::uint64_t id_;
  std::string path_;
};

}  // namespace foreshock::agent
