#include "agent/argument_files/argument_files.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/os/unique_fd.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kMaxPathBytes = 1024;

/// The part of a word that may name a file: of "if=/dev/sda" and "--input=x" what follows, of
/// "-ofile" nothing.
std::string_view path_in(std::string_view word) {
  const auto slash = word.find('/');
  // A name of a file has a directory or an ending; a sub-command has neither.
  if (slash == std::string_view::npos && word.find('.') == std::string_view::npos) return {};
  const auto equals = word.find('=');
  if (equals != std::string_view::npos && slash > equals) word.remove_prefix(equals + 1);
  if (word.empty() || word.size() > kMaxPathBytes || word.front() == '-') return {};
  if (word.find("://") != std::string_view::npos) return {};
  return word.find_first_of("/.") == std::string_view::npos ? std::string_view() : word;
}

std::vector<std::string_view> paths_in(const Argv& argv, std::size_t most) {
  std::vector<std::string_view> paths;
  const auto first_word = argv.words.find('\0');
  if (argv.words.find_first_of("/.", first_word) == std::string::npos) return paths;
  const auto words = argv.split();
  for (std::size_t i = 1; i < words.size() && paths.size() < most; ++i) {
    const auto path = path_in(words[i]);
    if (!path.empty() && std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  return paths;
}

std::optional<std::uint64_t> size_of(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_CACHED;
  const UniqueFd file(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

std::optional<InputFiles> ArgumentFiles::measure(const Argv& argv, const std::string& cwd,
                                                 BootTime now) {
  const auto paths = paths_in(argv, options_.words_per_command);
  if (!take_from_budget(paths.size(), now)) return std::nullopt;
  InputFiles files;
  for (const auto path : paths) {
    if (!path.starts_with('/') && cwd.empty()) continue;
    const auto size =
        size_of(path.starts_with('/') ? std::string(path) : cwd + "/" + std::string(path));
    if (!size) continue;
    ++files.count;
    files.total.count += *size;
    files.largest.count = std::max(files.largest.count, *size);
  }
  return files;
}

bool ArgumentFiles::take_from_budget(std::size_t looks, BootTime now) {
  if (budget_at_) {
    const auto passed = std::chrono::duration<double>(now - *budget_at_).count();
    budget_ = std::min(options_.looks_per_second,
                       budget_ + std::max(passed, 0.0) * options_.looks_per_second);
  }
  budget_at_ = now;
  if (budget_ < static_cast<double>(looks)) return false;
  budget_ -= static_cast<double>(looks);
  return true;
}

}  // namespace foreshock::agent
