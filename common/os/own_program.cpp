#include "common/os/own_program.h"

#include <filesystem>
#include <system_error>

namespace foreshock {

std::string find_own_program(const std::string& name) {
  std::error_code unknown;
  const auto running = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const auto beside = running.parent_path() / name;
  if (std::filesystem::exists(beside, unknown)) return beside;
  return std::filesystem::path(FORESHOCK_LIBEXEC_DIRECTORY) / name;
}

}  // namespace foreshock
