#include "agent/capture/existing_processes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "agent/bpf/events.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD in the flags of stat

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split_words(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return words;
    const auto end = text.find_first_of(kBlank, begin);
    words.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end);
  }
}

/// What we need of /proc/N/stat (proc(5) numbers its fields from 1).
struct Stat {
  std::string comm;
  char state = '?';
  std::uint32_t parent = 0;
  std::uint32_t terminal = 0;  ///< device number
  std::uint32_t flags = 0;
  std::uint32_t threads = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t argv_start = 0;
  std::uint64_t argv_end = 0;
};

std::optional<Stat> parse_stat(std::string_view text) {
  // The second field is the comm in brackets and may hold anything, brackets and blanks as well.
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  const auto after = split_words(text.substr(close + 1));
  const auto field =
      [&](std::size_t number) {  // 0 for what an older kernel or another user's process lacks
        const std::size_t index = number - 3;
        return index < after.size() ? parse_number<std::uint64_t>(after[index]).value_or(0) : 0;
      };
  if (after.size() < 20 || after[0].size() != 1) return std::nullopt;
  Stat stat;
  stat.comm = text.substr(open + 1, close - open - 1);
  stat.state = after[0][0];
  stat.parent = static_cast<std::uint32_t>(field(4));
  stat.terminal = static_cast<std::uint32_t>(field(7));
  stat.flags = static_cast<std::uint32_t>(field(9));
  stat.threads = static_cast<std::uint32_t>(field(20));
  stat.start_ticks = field(22);
  stat.argv_start = field(48);
  stat.argv_end = field(49);
  return stat;
}

/// First number after `name` in /proc/N/status: the real id.
std::uint32_t parse_real_id(std::string_view status, std::string_view name) {
  auto at = status.find(name);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + name.size());
  const auto words = split_words(status.substr(0, status.find('\n')));
  return words.empty() ? 0 : parse_number<std::uint32_t>(words.front()).value_or(0);
}

std::optional<std::uint32_t> read_login_id(const std::string& path) {
  const auto text = read_file(path, 64);
  if (!text) return std::nullopt;
  const auto words = split_words(*text);
  const auto id = words.empty() ? std::nullopt : parse_number<std::uint32_t>(words.front());
  return id == FS_NO_ID ? std::nullopt : id;
}

/// "4:cpu,cpuacct:/a/b" of the v1 hierarchy that has the cpu controller, or "0::/a/b".
std::string parse_cgroup(std::string_view text, bool cgroup_v1) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto first = line.find(':');
    if (first == std::string_view::npos) continue;
    const auto second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers =
        "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const bool wanted = cgroup_v1 ? controllers.find(",cpu,") != std::string::npos
                                  : line.substr(0, first) == "0" && controllers == ",,";
    if (wanted) return std::string(line.substr(second + 1));
  }
  return {};
}

std::string read_link(const std::string& path) {
  std::array<char, FS_FILENAME_BYTES> target{};
  const auto n = ::readlink(path.c_str(), target.data(), target.size());
  if (n < 0) return {};
  std::string_view name(target.data(), static_cast<std::size_t>(n));
  constexpr std::string_view kDeleted = " (deleted)";
  if (name.ends_with(kDeleted)) name.remove_suffix(kDeleted.size());
  return std::string(name);
}

/// "pts/3" of a device number: the kernel's minor has 8 + 12 bits around its major (see
/// makedev(3)). Empty when there is none.
std::string terminal_name(std::uint32_t device) {
  constexpr std::uint32_t kConsole = 4;
  constexpr std::uint32_t kFirstPts =
      136;                               // eight majors of 256 each; only the first is used today
  constexpr std::uint32_t kSerial = 64;  // minors of major 4 from here on
  if (device == 0) return {};
  const auto major = device >> 8 & 0xfff;
  const auto minor = (device & 0xff) | (device >> 12 & 0xfff00);
  if (major >= kFirstPts && major < kFirstPts + 8)
    return "pts/" + std::to_string((major - kFirstPts) * 256 + minor);
  if (major == kConsole && minor < kSerial) return "tty" + std::to_string(minor);
  if (major == kConsole) return "ttyS" + std::to_string(minor - kSerial);
  return std::to_string(major) + ":" + std::to_string(minor);
}

/// As much as an exec event would hold: a command line can be megabytes.
Argv read_argv(const std::string& directory, const Stat& stat) {
  Argv argv;
  const auto fd = open_at(AT_FDCWD, directory + "/cmdline", O_RDONLY);
  if (!fd) return argv;
  argv.words.resize(FS_ARGV_BYTES);
  std::size_t used = 0;
  while (used < argv.words.size()) {
    const auto n = ::read(fd->get(), argv.words.data() + used, argv.words.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    used += static_cast<std::size_t>(n);
  }
  argv.words.resize(used);
  // The kernel's own measure matters only where not all of it was read; a process may have
  // rewritten its argv.
  const std::uint64_t whole = stat.argv_end > stat.argv_start ? stat.argv_end - stat.argv_start : 0;
  argv.true_bytes = static_cast<std::uint32_t>(
      used < FS_ARGV_BYTES ? used : std::max<std::uint64_t>(used, whole));
  return argv;
}

BootTime start_time(const Stat& stat) {
  return BootTime(kStartResolution * static_cast<std::int64_t>(stat.start_ticks));
}

/// nullopt: a kernel thread, an ended process, or one that vanished while it was read.
std::optional<Stat> read_user_process(const std::string& directory) {
  const auto text = read_file(directory + "/stat");
  if (!text) return std::nullopt;
  auto stat = parse_stat(*text);
  if (!stat || (stat->flags & kKernelThread) != 0) return std::nullopt;
  // A leader that ended before its other threads is shown as a zombie, too, but its process lives.
  const bool ended = stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
  return ended ? std::nullopt : stat;
}

ExistingProcess read_process(const std::string& directory, std::uint32_t pid, Stat&& stat,
                             bool cgroup_v1) {
  ExistingProcess process;
  ExecEvent& event = process.event;
  event.existing = true;
  event.time = start_time(stat);
  event.filename = read_link(directory + "/exe");
  event.cwd = read_link(directory + "/cwd");
  event.tty = terminal_name(stat.terminal);
  event.argv = read_argv(directory, stat);
  event.facts.process = make_process_key(pid, event.time);
  event.facts.parent.pid = stat.parent;
  event.facts.comm = std::move(stat.comm);
  const auto status = read_file(directory + "/status").value_or("");
  event.facts.identity.uid = parse_real_id(status, "\nUid:");
  event.facts.identity.gid = parse_real_id(status, "\nGid:");
  event.facts.identity.login_uid = read_login_id(directory + "/loginuid");
  event.facts.identity.session_id = read_login_id(directory + "/sessionid");
  process.cgroup = parse_cgroup(read_file(directory + "/cgroup").value_or(""), cgroup_v1);
  return process;
}

}  // namespace

std::optional<ExistingProcess> read_existing_process(const std::string& proc_root,
                                                     std::uint32_t pid, bool cgroup_v1) {
  const std::string directory = proc_root + "/" + std::to_string(pid);
  auto stat = read_user_process(directory);
  if (!stat) return std::nullopt;
  auto process = read_process(directory, pid, *std::move(stat), cgroup_v1);
  // What vanished while it was read has lost its words, unless it never had any.
  if (process.event.argv.words.empty() && process.event.filename.empty()) return std::nullopt;
  const auto parent = proc_root + "/" + std::to_string(process.event.facts.parent.pid);
  if (const auto parent_stat = read_user_process(parent))
    process.event.facts.parent.start = start_time(*parent_stat);
  return process;
}

std::vector<ExistingProcess> read_existing_processes(const std::string& proc_root, bool cgroup_v1) {
  std::vector<ExistingProcess> processes;
  const auto names = list_directory(proc_root);
  if (!names) return processes;
  std::unordered_map<std::uint32_t, BootTime> starts;
  for (const auto& name : *names) {
    const auto pid = parse_number<std::uint32_t>(name);
    if (!pid) continue;
    const std::string directory = std::string(proc_root).append("/").append(name);
    auto stat = read_user_process(directory);
    if (!stat) continue;
    processes.push_back(read_process(directory, *pid, *std::move(stat), cgroup_v1));
    starts.emplace(*pid, processes.back().event.time);
  }
  for (auto& process : processes) {
    ProcessKey& parent = process.event.facts.parent;
    if (const auto found = starts.find(parent.pid); found != starts.end())
      parent.start = found->second;
  }
  std::ranges::stable_sort(processes, {}, [](const ExistingProcess& process) {
    return process.event.facts.process.start;
  });
  return processes;
}

}  // namespace foreshock::agent
