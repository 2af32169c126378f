#include "agent/sample/process_sampler.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "agent/cgroup/cgroup_files.h"
#include "agent/cgroup/layout.h"
#include "agent/sample/proc_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

std::optional<std::uint32_t> parse_pid(std::string_view name) {
  if (name.empty() || name[0] < '0' || name[0] > '9') return std::nullopt;
  const auto pid = parse_count(name);
  if (!pid || *pid > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*pid);
}

// One line of some 300 bytes, read for every process at every turn: no allocation.
std::optional<ProcessStat> read_process_stat(int proc_fd, std::uint32_t pid,
                                             std::uint64_t ticks_per_second) {
  const auto file = open_at(proc_fd, std::to_string(pid) + "/stat", O_RDONLY);
  if (!file) return std::nullopt;
  std::array<char, 2048> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
  const ssize_t n = ::read(file->get(), text.data(), text.size());
  if (n <= 0) return std::nullopt;
  return parse_process_stat({text.data(), static_cast<std::size_t>(n)}, ticks_per_second);
}

// Moves the `top` largest by `key` to the front.
template <typename Seen, typename Key>
void bring_largest_forward(std::vector<Seen>& seen, std::size_t top, Key key) {
  const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(std::min(top, seen.size()));
  std::nth_element(seen.begin(), middle, seen.end(),
                   [&](const Seen& a, const Seen& b) { return key(a) > key(b); });
}

}  // namespace

ProcessSampler::ProcessSampler(Directory proc, bool workloads_in_v1, CgroupIndex& index,
                               std::size_t top)
    : proc_(std::move(proc)),
      workloads_in_v1_(workloads_in_v1),
      index_(index),
      top_(top),
      ticks_per_second_(static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

Result<std::unique_ptr<ProcessSampler>> ProcessSampler::make(bool workloads_in_v1,
                                                             CgroupIndex& index, std::size_t top,
                                                             const std::string& proc_root) {
  Directory proc(::opendir(proc_root.c_str()), ::closedir);
  if (!proc) return error_from_errno("open " + proc_root);
  return std::unique_ptr<ProcessSampler>(
      new ProcessSampler(std::move(proc), workloads_in_v1, index, top));
}

void ProcessSampler::sample(BootTime now, ResourceSample& into) {
  std::vector<Seen> seen = look_at_all(now);
  into.process_count = static_cast<std::uint32_t>(seen.size());
  last_.clear();
  for (const Seen& one : seen) {
    last_.emplace(one.sample.process.pid, Last{one.sample.process.start, one.sample.cpu});
  }

  bring_largest_forward(seen, top_, [](const Seen& one) { return one.cpu_delta; });
  std::vector<Seen> rest;
  if (seen.size() > top_) {
    rest.assign(std::make_move_iterator(seen.begin() + static_cast<std::ptrdiff_t>(top_)),
                std::make_move_iterator(seen.end()));
    seen.resize(top_);
  }
  // The second choice is among those that the first left: the biggest of them all are in either
  // way.
  bring_largest_forward(rest, top_, [](const Seen& one) { return one.sample.rss; });
  rest.resize(std::min(rest.size(), top_));
  std::ranges::move(rest, std::back_inserter(seen));
  std::ranges::sort(seen, {}, [](const Seen& one) { return one.sample.process.pid; });

  for (Seen& one : seen) {
    one.sample.cgroup_id = read_cgroup_id(one.sample.process.pid);
    into.processes.push_back(std::move(one.sample));
  }
}

std::vector<ProcessSampler::Seen> ProcessSampler::look_at_all(BootTime now) {
  std::vector<Seen> seen;
  seen.reserve(last_.size());
  ::rewinddir(proc_.get());
  while (const dirent* entry = ::readdir(proc_.get())) {
    const auto pid = parse_pid(entry->d_name);
    if (!pid) continue;
    auto stat = read_process_stat(::dirfd(proc_.get()), *pid, ticks_per_second_);
    if (!stat) continue;  // ended meanwhile
    Seen one;
    one.sample.process = {*pid, BootTime(stat->start)};
    one.sample.time = now;
    one.sample.comm = std::move(stat->comm);
    one.sample.cpu = stat->cpu;
    one.sample.rss = Bytes{stat->rss_pages * page_bytes_};
    const auto last = last_.find(*pid);
    const bool known = last != last_.end() && last->second.start == one.sample.process.start;
    one.cpu_delta = known ? one.sample.cpu - last->second.cpu : one.sample.cpu;
    seen.push_back(std::move(one));
  }
  return seen;
}

// 0 when the process is gone or its cgroup is not (yet) in the index.
std::uint64_t ProcessSampler::read_cgroup_id(std::uint32_t pid) const {
  const auto text = read_file_at(::dirfd(proc_.get()), std::to_string(pid) + "/cgroup");
  if (!text) return 0;
  const auto path = parse_membership(*text, workloads_in_v1_);
  return path ? index_.id_of(*path).value_or(0) : 0;
}

}  // namespace foreshock::agent
