#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/capture/netlink_socket.h"
#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// What one thread used in its life, told by the kernel's taskstats when it ends.
struct TaskAccount {
  std::uint32_t thread = 0;
  std::uint32_t process = 0;
  std::uint32_t parent = 0;  ///< process
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string comm;
  bool is_last = false;   ///< of its process
  Nanoseconds elapsed{};  ///< since it was started
  ResourceUse use;
};

/// The accounts in one datagram; what is damaged, too old a version or something else is left out.
/// Pure. `family`: number of the netlink family, see TaskAccounts.
std::vector<TaskAccount> decode_task_accounts(ByteView datagram, std::uint16_t family);

/// The kernel's taskstats, of every thread that ends on this host.
class TaskAccounts {
 public:
  /// Asks for them on all CPUs. `unsupported`: a kernel without CONFIG_TASKSTATS;
  /// `permission_denied`: needs CAP_NET_ADMIN.
  static Result<TaskAccounts> open();
  /// What ended since the last call. The kernel sends an account before the process connector tells
  /// of the same end.
  Result<std::vector<TaskAccount>> read() const;

 private:
  TaskAccounts(NetlinkSocket socket, std::uint16_t family)
      : socket_(std::move(socket)), family_(family) {}
  NetlinkSocket socket_;
  std::uint16_t family_;
};

}  // namespace foreshock::agent
