#include "agent/capture/task_accounts.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <linux/acct.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <unistd.h>

namespace foreshock::agent {

namespace {

constexpr int kReceiveBytes = 8 << 20;
constexpr std::size_t kMaxDatagrams = 8192;
constexpr auto kAnswerTimeout = std::chrono::milliseconds(500);
/// Since Linux 5.19: says which process a thread is of, and which thread is the last.
constexpr std::uint16_t kLeastVersion = 12;

std::size_t aligned(std::size_t bytes) {
  return (bytes + NLA_ALIGNTO - 1) & ~std::size_t{NLA_ALIGNTO - 1};
}

void for_each_attribute(ByteView bytes, const std::function<void(std::uint16_t, ByteView)>& on) {
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) return;
    on(header.nla_type & NLA_TYPE_MASK,
       bytes.subspan(sizeof header, header.nla_len - sizeof header));
    bytes = bytes.subspan(std::min(bytes.size(), aligned(header.nla_len)));
  }
}

ByteBuffer make_request(std::uint8_t command, std::uint16_t attribute, const std::string& text) {
  const genlmsghdr header{.cmd = command, .version = 1, .reserved = 0};
  nlattr field{};
  field.nla_type = attribute;
  field.nla_len = static_cast<std::uint16_t>(sizeof field + text.size() + 1);
  ByteBuffer body(sizeof header + aligned(field.nla_len));
  std::memcpy(body.data(), &header, sizeof header);
  std::memcpy(body.data() + sizeof header, &field, sizeof field);
  std::memcpy(body.data() + sizeof header + sizeof field, text.c_str(), text.size() + 1);
  return body;
}

Nanoseconds from_us(std::uint64_t us) {
  return std::chrono::microseconds(std::min<std::uint64_t>(us, std::uint64_t{1} << 50));
}

Nanoseconds from_ns(std::uint64_t ns) {
  return Nanoseconds(std::min<std::uint64_t>(ns, std::uint64_t{1} << 60));
}

ResourceUse use_of(const taskstats& stats) {
  ResourceUse use;
  use.user = from_us(stats.ac_utime);
  use.system = from_us(stats.ac_stime);
  // Exact where the scheduler's accounts are on, else what the ticks say.
  use.cpu = stats.cpu_run_virtual_total != 0 ? from_ns(stats.cpu_run_virtual_total)
                                             : use.user + use.system;
  use.peak_rss = Bytes{stats.hiwater_rss * 1024};
  use.read_bytes = Bytes{stats.read_bytes};
  use.written_bytes = Bytes{stats.write_bytes};
  use.read_calls = stats.read_syscalls;
  use.write_calls = stats.write_syscalls;
  use.minor_faults = stats.ac_minflt;
  use.major_faults = stats.ac_majflt;
  use.voluntary_switches = stats.nvcsw;
  use.involuntary_switches = stats.nivcsw;
  return use;
}

std::optional<TaskAccount> decode_stats(ByteView bytes) {
  // A newer kernel's struct is longer, an older one's shorter: what is there counts.
  constexpr std::size_t kNeeded = offsetof(taskstats, ac_tgid) + sizeof(taskstats::ac_tgid);
  if (bytes.size() < kNeeded) return std::nullopt;
  taskstats stats{};
  std::memcpy(&stats, bytes.data(), std::min(bytes.size(), sizeof stats));
  if (stats.version < kLeastVersion) return std::nullopt;
  TaskAccount account;
  account.thread = stats.ac_pid;
  account.process = stats.ac_tgid;
  account.parent = stats.ac_ppid;
  account.uid = stats.ac_uid;
  account.gid = stats.ac_gid;
  account.comm.assign(stats.ac_comm, ::strnlen(stats.ac_comm, 15));
  account.is_last = (stats.ac_flag & AGROUP) != 0;
  account.elapsed = from_us(stats.ac_etime);
  account.use = use_of(stats);
  return account;
}

/// The number that the kernel gave to the family "TASKSTATS".
Result<std::uint16_t> find_family(const NetlinkSocket& socket) {
  FS_CHECK(socket.send(
      GENL_ID_CTRL, make_request(CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME)));
  std::optional<std::uint16_t> family;
  if (socket.wait(kAnswerTimeout)) {
    FS_TRY([[maybe_unused]] const bool complete, socket.receive(1, [&](ByteView datagram) {
      for_each_netlink_message(datagram, [&](std::uint16_t type, ByteView body) {
        if (type != GENL_ID_CTRL || body.size() < sizeof(genlmsghdr)) return;
        for_each_attribute(body.subspan(sizeof(genlmsghdr)),
                           [&](std::uint16_t attribute, ByteView value) {
                             if (attribute != CTRL_ATTR_FAMILY_ID || value.size() < 2) return;
                             std::uint16_t number = 0;
                             std::memcpy(&number, value.data(), sizeof number);
                             family = number;
                           });
      });
    }));
  }
  if (!family) return Error(ErrorCode::unsupported, "this kernel has no taskstats");
  return *family;
}

/// The kernel answers a request only when it is refused.
Result<void> check_accepted(const NetlinkSocket& socket) {
  int refused = 0;
  FS_TRY([[maybe_unused]] const bool complete, socket.receive(16, [&](ByteView datagram) {
    for_each_netlink_message(datagram, [&](std::uint16_t type, ByteView body) {
      if (type == NLMSG_ERROR && body.size() >= sizeof refused)
        std::memcpy(&refused, body.data(), sizeof refused);
    });
  }));
  if (refused != 0) return error_from_errno("ask for taskstats", -refused);
  return {};
}

}  // namespace

std::vector<TaskAccount> decode_task_accounts(ByteView datagram, std::uint16_t family) {
  std::vector<TaskAccount> accounts;
  for_each_netlink_message(datagram, [&](std::uint16_t type, ByteView body) {
    if (type != family || body.size() < sizeof(genlmsghdr)) return;
    for_each_attribute(body.subspan(sizeof(genlmsghdr)), [&](std::uint16_t kind, ByteView nested) {
      if (kind != TASKSTATS_TYPE_AGGR_PID) return;  // that of the process lacks most fields
      for_each_attribute(nested, [&](std::uint16_t part, ByteView stats) {
        if (part != TASKSTATS_TYPE_STATS) return;
        if (auto account = decode_stats(stats)) accounts.push_back(*std::move(account));
      });
    });
  });
  return accounts;
}

Result<TaskAccounts> TaskAccounts::open() {
  FS_TRY(auto socket, NetlinkSocket::open(NETLINK_GENERIC, 0, kReceiveBytes));
  FS_TRY(const auto family, find_family(socket));
  const auto cpus = fmt::format("0-{}", std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L) - 1);
  FS_CHECK(socket.send(family,
                       make_request(TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, cpus)));
  FS_CHECK(check_accepted(socket));
  return TaskAccounts(std::move(socket), family);
}

Result<std::vector<TaskAccount>> TaskAccounts::read() const {
  std::vector<TaskAccount> accounts;
  FS_TRY([[maybe_unused]] const bool complete,
         socket_.receive(kMaxDatagrams, [&](ByteView datagram) {
           auto more = decode_task_accounts(datagram, family_);
           std::ranges::move(more, std::back_inserter(accounts));
         }));
  return accounts;
}

}  // namespace foreshock::agent
