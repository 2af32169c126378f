#include "agent/sample/proc_processes.h"

#include <algorithm>
#include <array>
#include <iterator>
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

constexpr std::uint32_t kLooksPerMembership = 10;

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

}  // namespace

ProcProcesses::ProcProcesses(Directory proc, bool workloads_in_v1, CgroupIndex& index)
    : proc_(std::move(proc)),
      workloads_in_v1_(workloads_in_v1),
      index_(index),
      ticks_per_second_(static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))),
      page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

Result<std::unique_ptr<ProcProcesses>> ProcProcesses::make(bool workloads_in_v1, CgroupIndex& index,
                                                           const std::string& proc_root) {
  Directory proc(::opendir(proc_root.c_str()), ::closedir);
  if (!proc) return error_from_errno("open " + proc_root);
  return std::unique_ptr<ProcProcesses>(new ProcProcesses(std::move(proc), workloads_in_v1, index));
}

Result<void> ProcProcesses::look(std::vector<ProcessUse>& into) {
  into.clear();
  ::rewinddir(proc_.get());
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe on a stream of one's own
  while (const dirent* entry = ::readdir(proc_.get())) {
    const auto pid = parse_pid(entry->d_name);
    if (!pid) continue;
    auto stat = read_process_stat(::dirfd(proc_.get()), *pid, ticks_per_second_);
    if (!stat) continue;  // ended meanwhile
    ProcessUse& process = into.emplace_back();
    process.facts.process = {*pid, BootTime(stat->start)};
    process.facts.parent.pid = stat->parent;
    process.facts.comm = std::move(stat->comm);
    process.facts.cgroup_id = cgroup_id_of(process.facts.process);
    process.use.cpu = stat->user + stat->system;
    process.use.user = stat->user;
    process.use.system = stat->system;
    process.use.minor_faults = stat->minor_faults;
    process.use.major_faults = stat->major_faults;
    process.rss = Bytes{stat->rss_pages * page_bytes_};
    process.threads = stat->threads;
    process.kernel_thread = stat->kernel_thread;
  }
  for (auto entry = memberships_.begin(); entry != memberships_.end();) {
    entry = std::exchange(entry->second.seen, false) ? std::next(entry) : memberships_.erase(entry);
  }
  std::ranges::sort(into, {}, [](const ProcessUse& process) { return process.facts.process.pid; });
  return {};
}

std::uint64_t ProcProcesses::cgroup_id_of(const ProcessKey& process) {
  Membership& membership = memberships_[process.pid];
  if (membership.looks_left == 0 || membership.start != process.start) {
    membership = {.start = process.start,
                  .cgroup_id = read_cgroup_id(process.pid),
                  .looks_left = kLooksPerMembership};
  }
  --membership.looks_left;
  membership.seen = true;
  return membership.cgroup_id;
}

// 0 when the process is gone or its cgroup is not (yet) in the index.
std::uint64_t ProcProcesses::read_cgroup_id(std::uint32_t pid) const {
  const auto text = read_file_at(::dirfd(proc_.get()), std::to_string(pid) + "/cgroup");
  if (!text) return 0;
  const auto path = parse_membership(*text, workloads_in_v1_);
  return path ? index_.id_of(*path).value_or(0) : 0;
}

}  // namespace foreshock::agent
