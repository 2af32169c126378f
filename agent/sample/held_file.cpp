#include "agent/sample/held_file.h"

#include <utility>

#include <fcntl.h>

#include "common/os/file.h"

namespace foreshock::agent {

std::optional<std::string> HeldFile::read(int dir_fd) {
  if (!fd_.valid()) {
    auto opened = open_at(dir_fd, name_, O_RDONLY);
    if (!opened) return std::nullopt;
    fd_ = *std::move(opened);
  }
  auto text = read_from_start(fd_.get());
  if (text) return *std::move(text);
  fd_.reset();  // the kernel removes a controller's files when the controller is switched off
  return std::nullopt;
}

}  // namespace foreshock::agent
