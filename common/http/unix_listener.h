#pragma once

#include <string>

#include <sys/types.h>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock {

/// A listening Unix stream socket and the file it made, which is removed with it (unless somebody
/// replaced it).
class UnixListener {
 public:
  /// Mode 0660, group `group` when the system has it. A stale socket file is removed; a live one is
  /// `conflict`. Sets the process's umask for a moment: call it before threads create files.
  static Result<UnixListener> bind(const std::string& path, const std::string& group);

  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  int fd() const { return fd_.get(); }

 private:
  UnixListener(UniqueFd fd, std::string path, dev_t device, ino_t inode);

  UniqueFd fd_;
  std::string path_;
  dev_t device_;
  ino_t inode_;
};

/// A connection to the socket at `path`: `unavailable` when nobody listens there.
Result<UniqueFd> connect_unix(const std::string& path);

}  // namespace foreshock
