#include "agent/sample/host_sampler.h"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "agent/cgroup/cgroup_files.h"
#include "agent/sample/proc_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

std::optional<Nanoseconds> read_pressure(HeldFile& file, int proc_fd) {
  const auto text = file.read(proc_fd);
  return text ? parse_pressure_some_total(*text) : std::nullopt;
}

}  // namespace

HostSampler::HostSampler(UniqueFd proc, const std::string& sys_root)
    : proc_(std::move(proc)),
      ticks_per_second_(static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))),
      devices_(sys_root) {}

Result<std::unique_ptr<HostSampler>> HostSampler::make(const std::string& proc_root,
                                                       const std::string& sys_root) {
  FS_TRY(UniqueFd proc, open_at(AT_FDCWD, proc_root, O_RDONLY | O_DIRECTORY));
  return std::unique_ptr<HostSampler>(new HostSampler(std::move(proc), sys_root));
}

void HostSampler::sample(BootTime now, ResourceSample& into) {
  HostSample host;
  host.time = now;
  const auto stat = stat_.read(proc_.get());
  if (!stat || !parse_cpu_times(*stat, ticks_per_second_, host)) return;
  if (const auto meminfo = meminfo_.read(proc_.get())) parse_meminfo(*meminfo, host);
  if (const auto load = loadavg_.read(proc_.get())) {
    host.load1_permille = parse_load1_permille(*load).value_or(0);
  }
  host.cpu_pressure = read_pressure(cpu_pressure_, proc_.get());
  host.memory_pressure = read_pressure(memory_pressure_, proc_.get());
  host.io_pressure = read_pressure(io_pressure_, proc_.get());
  devices_.read(proc_.get(), host);
  into.host = std::move(host);
}

}  // namespace foreshock::agent
