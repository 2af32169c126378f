#include "common/support/bundle.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "common/os/file.h"

namespace foreshock {

namespace {

constexpr std::size_t kMostLogBytes = std::size_t{1} << 20;

bool may_be_secret(std::string_view key) {
  constexpr std::array<std::string_view, 6> kWords = {"secret", "token",   "password",
                                                      "passwd", "private", "credential"};
  return std::ranges::any_of(kWords,
                             [key](auto word) { return key.find(word) != std::string_view::npos; });
}

std::string first_line_of(const std::string& path) {
  const auto text = read_file(path);
  return text ? text->substr(0, text->find('\n')) : text.error().message();
}

std::string lines_with(const std::string& path, std::initializer_list<std::string_view> words) {
  const auto text = read_file(path);
  if (!text) return text.error().message() + "\n";
  std::istringstream lines(*text);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    const bool wanted =
        std::ranges::any_of(words, [&](auto word) { return line.find(word) != std::string::npos; });
    if (wanted) found += line + "\n";
  }
  return found;
}

}  // namespace

void SupportBundle::add(std::string_view title, const Result<std::string>& text) {
  text_ += fmt::format("{}== {}\n", text_.empty() ? "" : "\n", title);
  text_ += text ? *text : "(" + text.error().message() + ")";
  if (!text_.ends_with('\n')) text_ += '\n';
}

std::string describe_system() {
  std::string text;
  utsname system{};
  if (::uname(&system) == 0)
    text += fmt::format("kernel: {} {} {}\n", system.sysname, system.release, system.machine);
  text += lines_with("/etc/os-release", {"PRETTY_NAME="});
  for (const char* path :
       {"/proc/sys/kernel/unprivileged_bpf_disabled", "/sys/kernel/security/lockdown",
        "/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/cgroup.subtree_control",
        "/proc/pressure/cpu", "/proc/loadavg", "/proc/uptime"}) {
    text += fmt::format("{}: {}\n", path, first_line_of(path));
  }
  text += fmt::format("/sys/kernel/btf/vmlinux: {}\n",
                      std::filesystem::exists("/sys/kernel/btf/vmlinux") ? "there" : "not there");
  text += lines_with("/proc/self/status", {"CapEff", "CapBnd", "NoNewPrivs", "Seccomp:"});
  return text + lines_with("/proc/self/mounts", {" cgroup", " bpf "});
}

std::string describe_configuration(const std::map<std::string, std::string>& values) {
  std::string text;
  for (const auto& [key, value] : values)
    text += fmt::format("{} = {}\n", key, may_be_secret(key) ? "(left out)" : value);
  return text;
}

Result<std::string> read_unit_log(const std::string& unit) {
  const std::string command =
      fmt::format("journalctl --unit={} --lines=1000 --no-pager --output=short-iso 2>&1", unit);
  const auto close = [](std::FILE* stream) { ::pclose(stream); };
  const std::unique_ptr<std::FILE, decltype(close)> log(::popen(command.c_str(), "re"), close);
  if (!log) return error_from_errno("run journalctl");
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 1; got > 0 && text.size() < kMostLogBytes;) {
    got = std::fread(buffer.data(), 1, buffer.size(), log.get());
    text.append(buffer.data(), got);
  }
  if (text.empty()) return Error(ErrorCode::unavailable, "the journal has nothing of " + unit);
  return text;
}

}  // namespace foreshock
