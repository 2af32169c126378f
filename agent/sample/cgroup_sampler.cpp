#include "agent/sample/cgroup_sampler.h"

#include <algorithm>
#include <utility>

#include <sys/resource.h>

#include "agent/cgroup/cgroup_dir.h"
#include "agent/cgroup/cgroup_files.h"
#include "agent/sample/held_file.h"

namespace foreshock::agent {

namespace {

// Directories and files of one cgroup when every one of them exists.
constexpr std::size_t kDescriptorsPerCgroup = 16;
constexpr int kDetailsTurns = 10;

std::size_t max_held_cgroups() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<std::size_t>(limit.rlim_cur) / 2 / kDescriptorsPerCgroup;
}

std::optional<CgroupDir> open_in(const std::optional<std::string>& root, const std::string& path) {
  if (!root) return std::nullopt;
  auto dir = CgroupDir::open(*root, path);
  if (!dir) return std::nullopt;
  return *std::move(dir);
}

std::optional<std::string> read(HeldFile& file, const std::optional<CgroupDir>& dir) {
  return dir ? file.read(dir->fd()) : std::nullopt;
}

std::optional<Bytes> parse_bytes(const std::optional<std::string>& text) {
  const auto count = text ? parse_count(*text) : std::nullopt;
  return count ? std::optional(Bytes{*count}) : std::nullopt;
}

}  // namespace

/// One cgroup's directories and files in the trees that know it.
class CgroupSampler::Files {
 public:
  Files(const CgroupLayout& layout, const CgroupIndex::Entry& entry)
      : layout_(layout),
        cpu_v1_(layout.is_v1("cpu")),
        memory_v1_(layout.is_v1("memory")),
        workload_(open_in(layout.workload_root(), entry.path)) {
    // The path may be another cgroup's by now: that one's turn comes when the index knows it.
    if (workload_ && workload_->id() != entry.id) workload_.reset();
  }

  /// False when the cgroup is gone. Processes are counted by who looks at each of them.
  bool sample(WorkloadSample& into) {
    if (!workload_) return false;
    open_other_trees();
    sample_cpu(into);
    sample_memory(into);
    sample_pressure(into);
    if (!into.memory_current) memory_.reset();
    if (!into.cpu_usage) cpuacct_.reset();
    return into.cpu_usage || into.throttled_periods || into.cpu_max_millicores ||
           into.memory_current;
  }

 private:
  // Who makes a v1 cgroup makes one directory after the other, and may remake one alone.
  void open_other_trees() {
    if (cpu_v1_ && !cpuacct_) cpuacct_ = open_in(layout_.root_of("cpuacct"), workload_->path());
    if (!memory_) memory_ = open_in(layout_.root_of("memory"), workload_->path());
  }

  void sample_cpu(WorkloadSample& into) {
    const auto bandwidth = read_bandwidth();
    if (bandwidth) into.cpu_max_millicores = bandwidth->millicores();
    // v1's cpu.stat is about the quota only: while there is none it stays as it was.
    const bool has_quota = !cpu_v1_ || !bandwidth || bandwidth->quota_usec;
    if (has_quota || had_quota_) {
      const auto text = read(cpu_stat_, workload_);
      cpu_ = text ? parse_cpu_stat(*text) : CpuStat{};
    }
    had_quota_ = has_quota;
    into.cpu_usage = cpu_.usage;
    into.cpu_throttled = cpu_.throttled;
    into.throttled_periods = cpu_.throttled_periods;
    if (!cpu_v1_) return;
    if (const auto text = read(cpuacct_usage_, cpuacct_)) into.cpu_usage = parse_nanoseconds(*text);
  }

  std::optional<CpuBandwidth> read_bandwidth() {
    if (cpu_v1_) {
      const auto quota = read(cfs_quota_, workload_);
      if (!quota) return std::nullopt;
      if (is_no_quota(*quota)) return CpuBandwidth{};  // whatever the period
      const auto period = read(cfs_period_, workload_);
      return period ? parse_cfs(*quota, *period) : std::nullopt;
    }
    const auto text = read(cpu_max_, workload_);
    return text ? parse_cpu_max(*text) : std::nullopt;
  }

  void sample_memory(WorkloadSample& into) {
    into.memory_current =
        parse_bytes(read(memory_v1_ ? usage_in_bytes_ : memory_current_, memory_));
    read_memory_details(into.memory_current);
    if (into.memory_current && inactive_file_)
      into.memory_working_set = working_set(*into.memory_current, *inactive_file_);
    into.oom_kills = oom_kills_;
    if (const auto text = read(memory_v1_ ? limit_in_bytes_ : memory_max_, memory_)) {
      into.memory_max = parse_memory_limit(*text);
    }
    if (memory_v1_) return;
    if (const auto text = read(memory_high_, memory_)) into.memory_high = parse_memory_limit(*text);
  }

  /// The longest file of all, and the kills. Where memory is what it was to the byte, as in most
  /// workloads most of the time, they are too; now and then they are read all the same, because
  /// what is in use can grow old.
  void read_memory_details(const std::optional<Bytes>& current) {
    if (current && current == current_at_details_ && ++turns_without_details_ < kDetailsTurns)
      return;
    turns_without_details_ = 0;
    current_at_details_ = current;
    const auto stat = read(memory_stat_, memory_);
    inactive_file_ = stat ? parse_inactive_file(*stat) : std::nullopt;
    const auto events = read(memory_v1_ ? oom_control_ : memory_events_, memory_);
    oom_kills_ = events ? parse_keyed_count(*events, "oom_kill") : std::nullopt;
  }

  // PSI exists in v2 trees only.
  void sample_pressure(WorkloadSample& into) {
    if (cpu_v1_) return;
    if (const auto text = read(cpu_pressure_, workload_))
      into.cpu_pressure = parse_pressure_some_total(*text);
    if (const auto text = read(memory_pressure_, workload_)) {
      into.memory_pressure = parse_pressure_some_total(*text);
    }
  }

  const CgroupLayout& layout_;
  bool cpu_v1_;
  bool memory_v1_;
  bool had_quota_ = true;
  CpuStat cpu_;                              ///< as last read
  std::optional<Bytes> current_at_details_;  ///< of memory, when these were read
  std::optional<Bytes> inactive_file_;
  std::optional<std::uint64_t> oom_kills_;
  int turns_without_details_ = 0;
  std::optional<CgroupDir> workload_;
  std::optional<CgroupDir> cpuacct_;
  std::optional<CgroupDir> memory_;
  HeldFile cpu_stat_{"cpu.stat"};
  HeldFile cpuacct_usage_{"cpuacct.usage"};
  HeldFile cpu_max_{"cpu.max"};
  HeldFile cfs_quota_{"cpu.cfs_quota_us"};
  HeldFile cfs_period_{"cpu.cfs_period_us"};
  HeldFile memory_current_{"memory.current"};
  HeldFile usage_in_bytes_{"memory.usage_in_bytes"};
  HeldFile memory_stat_{"memory.stat"};
  HeldFile memory_max_{"memory.max"};
  HeldFile limit_in_bytes_{"memory.limit_in_bytes"};
  HeldFile memory_high_{"memory.high"};
  HeldFile memory_events_{"memory.events"};
  HeldFile oom_control_{"memory.oom_control"};
  HeldFile cpu_pressure_{"cpu.pressure"};
  HeldFile memory_pressure_{"memory.pressure"};
};

CgroupSampler::CgroupSampler(CgroupLayout layout, CgroupIndex& index, std::size_t max_cgroups)
    : layout_(std::move(layout)),
      index_(index),
      max_cgroups_(max_cgroups),
      max_held_(max_held_cgroups()) {}

CgroupSampler::~CgroupSampler() = default;

void CgroupSampler::sample(BootTime now, ResourceSample& into) {
  index_.refresh();
  drop_vanished();
  left_out_ = index_.left_out();
  std::size_t sampled = 0;
  for (const CgroupIndex::Entry& entry : index_.entries()) {
    if (entry.path == "/") continue;
    if (sampled == max_cgroups_) {
      ++left_out_;
      continue;
    }
    std::unique_ptr<Files> unheld;
    WorkloadSample workload;
    workload.cgroup = entry.path;
    workload.cgroup_id = entry.id;
    workload.time = now;
    if (!find_or_open(entry, unheld)->sample(workload)) {
      held_.erase(entry.id);
      continue;
    }
    into.workloads.push_back(std::move(workload));
    ++sampled;
  }
}

CgroupSampler::Files* CgroupSampler::find_or_open(const CgroupIndex::Entry& entry,
                                                  std::unique_ptr<Files>& unheld) {
  if (const auto found = held_.find(entry.id); found != held_.end()) return found->second.get();
  auto opened = std::make_unique<Files>(layout_, entry);
  if (held_.size() < max_held_)
    return held_.emplace(entry.id, std::move(opened)).first->second.get();
  unheld = std::move(opened);
  return unheld.get();
}

void CgroupSampler::drop_vanished() {
  std::erase_if(held_, [&](const auto& held) { return !index_.has(held.first); });
}

}  // namespace foreshock::agent
