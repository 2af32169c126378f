#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// One file of /proc or cgroupfs that is read each tick. It stays open between reads: a read is
/// then one system call. A file that is not there (yet, or any more) is looked for again at each
/// read.
class HeldFile {
 public:
  explicit HeldFile(std::string name) : name_(std::move(name)) {}

  /// The whole text; absent when there is no such file below `dir_fd` or it can't be read.
  std::optional<std::string> read(int dir_fd);

 private:
  std::string name_;
  UniqueFd fd_;
};

}  // namespace foreshock::agent
