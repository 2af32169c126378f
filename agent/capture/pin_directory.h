#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// A directory on a BPF file system where kernel objects outlive the process that made them. Locked
/// as long as this lives, so that two agents cannot read one ring.
class PinDirectory {
 public:
  /// Makes the directory where it is missing and locks it. `unsupported` when there is no BPF file
  /// system (says how to mount it), `conflict` when a live process holds the lock (says which).
  static Result<PinDirectory> make(const std::string& path);

  std::string path_of(std::string_view name) const;
  /// Unpins everything and removes the directory; the lock stays.
  Result<void> remove() const;
  /// Unpins everything.
  Result<void> clear() const;

 private:
  PinDirectory(std::string path, UniqueFd directory);
  std::string path_;
  UniqueFd directory_;
};

}  // namespace foreshock::agent
