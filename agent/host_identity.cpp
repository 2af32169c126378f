#include "agent/host_identity.h"

#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnerFile = "machine-id";
constexpr std::array kOwned = {"agent.key", "spool", "undo.journal"};

std::string without_line_end(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<void> move_aside(const std::string& directory, const std::string& aside) {
  std::error_code failed;
  fs::create_directory(aside, failed);
  for (const char* name : kOwned) {
    const fs::path from = fs::path(directory) / name;
    const fs::path to = fs::path(aside) / name;
    if (failed || !fs::exists(from)) continue;
    fs::remove_all(to, failed);
    if (!failed) fs::rename(from, to, failed);
  }
  if (failed) {
    return Error(ErrorCode::unavailable, fmt::format("move the state of another machine to {}: {}",
                                                     aside, failed.message()));
  }
  return {};
}

}  // namespace

Result<BootId> read_boot_id() {
  FS_TRY(const std::string text, read_file("/proc/sys/kernel/random/boot_id"));
  const auto id = parse_id128(without_line_end(text));
  if (!id) return Error(ErrorCode::corrupt, "/proc/sys/kernel/random/boot_id: not an id");
  return BootId{*id};
}

std::string read_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("unknown");
}

std::string read_machine_id() {
  const auto text = read_file("/etc/machine-id");
  const std::string id = text ? without_line_end(*text) : "";
  return parse_id128(id) ? id : "";
}

Result<std::optional<std::string>> claim_state_directory(const std::string& directory,
                                                         const std::string& machine_id) {
  if (machine_id.empty()) return std::optional<std::string>();
  const std::string file = fmt::format("{}/{}", directory, kOwnerFile);
  const auto text = read_file(file);
  if (!text && text.error().code() != ErrorCode::not_found) return text.error();
  std::optional<std::string> former;
  if (text && without_line_end(*text) != machine_id) {
    former = without_line_end(*text);
    if (!parse_id128(*former)) former = "unknown";
    FS_CHECK(
        move_aside(directory, fmt::format("{}/of-machine-{}", directory, former->substr(0, 8))));
  }
  if (!text || former) FS_CHECK(replace_file(file, as_bytes(machine_id + "\n")));
  return former;
}

}  // namespace foreshock::agent
