#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// One cgroup as an open directory: a path can be a different cgroup a second later, a descriptor can't.
class CgroupDir {
 public:
  /// `path` is below `root`; ".." and symbolic links are refused.
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
