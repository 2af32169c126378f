#include "agent/sample/proc_files.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "agent/cgroup/cgroup_files.h"

namespace foreshock::agent {

namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD in the flags of stat

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// Saturates: a counter that does not fit is as large as it gets.
Nanoseconds from_ticks(std::uint64_t ticks, std::uint64_t ticks_per_second) {
  const std::uint64_t tick = kNanosecondsPerSecond / ticks_per_second;
  constexpr std::uint64_t kMost = std::numeric_limits<Nanoseconds::rep>::max();
  return Nanoseconds(
      static_cast<Nanoseconds::rep>(tick != 0 && ticks > kMost / tick ? kMost : ticks * tick));
}

// "MemTotal:       16303428 kB".
Bytes meminfo_bytes(std::string_view meminfo, std::string_view key) {
  for (const std::string_view line : split_at(meminfo, '\n')) {
    if (!line.starts_with(key)) continue;
    const std::vector<std::string_view> words = split_words(line.substr(key.size()));
    const auto kib = words.empty() ? std::nullopt : parse_count(words[0]);
    if (kib && *kib <= std::numeric_limits<std::uint64_t>::max() / 1024) return Bytes{*kib * 1024};
  }
  return {};
}

bool is_cpu_line(std::string_view line) {
  return line.size() > 3 && line.starts_with("cpu") && line[3] >= '0' && line[3] <= '9';
}

}  // namespace

bool parse_cpu_times(std::string_view stat, std::uint64_t ticks_per_second, HostSample& into) {
  const std::vector<std::string_view> lines = split_at(stat, '\n');
  if (lines.empty()) return false;
  const std::vector<std::string_view> words = split_words(lines[0]);
  if (words.size() < 5 || words[0] != "cpu") return false;

  const auto time = [&](std::size_t i) {
    const auto ticks = i < words.size() ? parse_count(words[i]) : std::nullopt;
    return from_ticks(ticks.value_or(0), ticks_per_second);
  };
  into.cpu_user = time(1);
  into.cpu_nice = time(2);
  into.cpu_system = time(3);
  into.cpu_idle = time(4);
  into.cpu_iowait = time(5);
  into.cpu_irq = time(6);
  into.cpu_softirq = time(7);
  into.cpu_steal = time(8);
  into.cpu_count = static_cast<std::uint32_t>(std::ranges::count_if(lines, is_cpu_line));
  return true;
}

void parse_meminfo(std::string_view meminfo, HostSample& into) {
  into.memory_total = meminfo_bytes(meminfo, "MemTotal:");
  into.memory_available = meminfo_bytes(meminfo, "MemAvailable:");
  into.swap_total = meminfo_bytes(meminfo, "SwapTotal:");
  into.swap_free = meminfo_bytes(meminfo, "SwapFree:");
}

// "0.22 0.08 0.02 2/94 9041": always two digits behind the point.
std::optional<std::uint32_t> parse_load1_permille(std::string_view loadavg) {
  const std::string_view load = loadavg.substr(0, loadavg.find(' '));
  const std::size_t point = load.find('.');
  if (point == std::string_view::npos || load.size() - point != 3) return std::nullopt;
  const auto whole = parse_count(load.substr(0, point));
  const auto hundredths = parse_count(load.substr(point + 1));
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max() / 1000 - 1;
  if (!whole || !hundredths || *whole > kMost) return std::nullopt;
  return static_cast<std::uint32_t>(*whole * 1000 + *hundredths * 10);
}

std::optional<ProcessStat> parse_process_stat(std::string_view stat,
                                              std::uint64_t ticks_per_second) {
  const std::size_t open = stat.find('(');
  const std::size_t close = stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  // proc(5) counts fields from 1; words[0] is field 3, the state.
  const std::vector<std::string_view> words = split_words(stat.substr(close + 1));
  const auto field = [&](std::size_t number) {
    return number - 3 < words.size() ? parse_count(words[number - 3]) : std::nullopt;
  };
  const auto user = field(14), system = field(15), start = field(22), rss = field(24);
  if (!user || !system || !start || !rss) return std::nullopt;
  if (*user > std::numeric_limits<std::uint64_t>::max() - *system) return std::nullopt;
  const auto small = [&](std::size_t number) {
    return static_cast<std::uint32_t>(field(number).value_or(0));
  };
  return ProcessStat{.comm = std::string(stat.substr(open + 1, close - open - 1)),
                     .parent = small(4),
                     .kernel_thread = (small(9) & kKernelThread) != 0,
                     .user = from_ticks(*user, ticks_per_second),
                     .system = from_ticks(*system, ticks_per_second),
                     .start = from_ticks(*start, ticks_per_second),
                     .minor_faults = field(10).value_or(0),
                     .major_faults = field(12).value_or(0),
                     .threads = small(20),
                     .rss_pages = *rss};
}

}  // namespace foreshock::agent
