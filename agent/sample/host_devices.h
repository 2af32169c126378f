#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/sample/held_file.h"
#include "common/model/resource_sample.h"

namespace foreshock::agent {

/// What /proc/diskstats and /proc/net/dev say, whole disks and partitions alike. Lines that are not
/// understood are left out. Pure.
std::vector<DiskSample> parse_diskstats(std::string_view text);
std::vector<InterfaceSample> parse_net_dev(std::string_view text);

/// Disks and network interfaces of the host. Counted is what hardware is behind: partitions,
/// volumes, bridges and containers' interfaces carry the same bytes once more. A container has no
/// hardware interface; there all but loopback count. One thread.
class HostDevices {
 public:
  static constexpr std::size_t kMostOfEach = 64;

  /// `sys_root`: "/sys", but for tests.
  explicit HostDevices(std::string sys_root) : sys_root_(std::move(sys_root)) {}

  void read(int proc_fd, HostSample& into);

 private:
  bool is_hardware(std::string_view kind, const std::string& name);

  std::string sys_root_;
  HeldFile diskstats_{"diskstats"};
  HeldFile net_dev_{"net/dev"};
  std::unordered_map<std::string, bool> hardware_;  ///< by "block/vda", "class/net/eth0"
};

}  // namespace foreshock::agent
