#include "agent/capture/proc_connector_event_source.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/stat.h>

#include "agent/capture/existing_processes.h"

namespace foreshock::agent {

namespace {

constexpr int kReceiveBytes = 8 << 20;
constexpr std::size_t kMaxDatagrams = 4096;
constexpr auto kAnswerTimeout = std::chrono::milliseconds(500);
/// Bounds of what is remembered: beyond, it starts anew, and what was forgotten is reported with
/// less.
constexpr std::size_t kMaxRemembered = 65536;

Nanoseconds read_monotonic() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

/// The connector acknowledges who may listen; elsewhere nobody answers.
Result<void> await_acknowledgement(const NetlinkSocket& socket) {
  std::optional<int> error;
  for (int i = 0; i < 100 && !error && socket.wait(kAnswerTimeout); ++i) {
    FS_TRY([[maybe_unused]] const bool complete, socket.receive(1, [&error](ByteView datagram) {
      for (const auto& event : decode_proc_connector(datagram).events) {
        if (event.kind == ProcConnectorEvent::Kind::acknowledged) error = event.error;
      }
    }));
  }
  if (!error) {
    return Error(ErrorCode::unsupported,
                 "the kernel's process connector does not answer (CONFIG_PROC_EVENTS, and the "
                 "host's own pid namespace, are needed)");
  }
  if (*error != 0) return error_from_errno("listen to the process connector", *error);
  return {};
}

void add(ResourceUse& sum, const ResourceUse& use) {
  sum.cpu += use.cpu;
  sum.user += use.user;
  sum.system += use.system;
  sum.peak_rss = std::max(sum.peak_rss, use.peak_rss);
  sum.read_bytes.count += use.read_bytes.count;
  sum.written_bytes.count += use.written_bytes.count;
  sum.read_calls += use.read_calls;
  sum.write_calls += use.write_calls;
  sum.minor_faults += use.minor_faults;
  sum.major_faults += use.major_faults;
  sum.voluntary_switches += use.voluntary_switches;
  sum.involuntary_switches += use.involuntary_switches;
}

template <typename Map>
void bound(Map& map) {
  if (map.size() > kMaxRemembered) map.clear();
}

}  // namespace

Result<std::unique_ptr<ProcConnectorEventSource>> ProcConnectorEventSource::make(
    const Options& options) {
  FS_TRY(auto socket, NetlinkSocket::open(NETLINK_CONNECTOR, CN_IDX_PROC, kReceiveBytes));
  FS_CHECK(socket.send(NLMSG_DONE, make_proc_connector_request()));
  FS_CHECK(await_acknowledgement(socket));
  std::optional<TaskAccounts> accounts;
  if (auto opened = TaskAccounts::open()) accounts = *std::move(opened);
  return std::unique_ptr<ProcConnectorEventSource>(
      new ProcConnectorEventSource(options, std::move(socket), std::move(accounts)));
}

ProcConnectorEventSource::ProcConnectorEventSource(Options options, NetlinkSocket socket,
                                                   std::optional<TaskAccounts> accounts)
    : options_(std::move(options)), socket_(std::move(socket)), accounts_(std::move(accounts)) {}

std::vector<std::string> ProcConnectorEventSource::blind_spots() const {
  std::vector<std::string> spots = {
      "arguments and working directory of commands that end within a few milliseconds",
      "commands that lead to load are noticed a little later"};
  if (!accounts_) spots.emplace_back("what processes used: this kernel has no taskstats");
  return spots;
}

Result<std::size_t> ProcConnectorEventSource::drain(const Sink& sink) {
  boot_minus_monotonic_ = clock_.boot_now().time_since_epoch() - read_monotonic();
  FS_CHECK(receive());
  std::size_t drained = 0;
  const auto deliver = [&](ProcessEvent&& event) {
    const bool is_exec = std::holds_alternative<ExecEvent>(event);
    if (!sink(ProcessEvent(event))) {
      refused_.push_back(std::move(event));
      return false;
    }
    ++(is_exec ? stats_.execs : stats_.exits);
    ++drained;
    return true;
  };
  while (!refused_.empty()) {
    auto event = std::move(refused_.front());
    refused_.pop_front();
    if (!deliver(std::move(event))) return drained;
  }
  while (!waiting_.empty()) {
    const auto message = waiting_.front();
    waiting_.pop_front();
    auto event =
        message.kind == ProcConnectorEvent::Kind::exec ? make_exec(message) : make_exit(message);
    if (event && !deliver(*std::move(event))) break;
  }
  return drained;
}

Result<void> ProcConnectorEventSource::receive() {
  // What is not taken waits in the socket, whose end is counted by gaps.
  if (waiting_.size() >= kMaxRemembered) return {};
  FS_TRY([[maybe_unused]] const bool complete,
         socket_.receive(kMaxDatagrams, [this](ByteView datagram) {
           const auto messages = decode_proc_connector(datagram);
           count_gaps(messages);
           for (const auto& event : messages.events) {
             if (event.kind != ProcConnectorEvent::Kind::acknowledged) waiting_.push_back(event);
           }
         }));
  if (!accounts_) return {};
  // After the messages: the account of an end that was told just now is there already.
  FS_TRY(auto accounts, accounts_->read());
  bound(ended_threads_);
  for (auto& account : accounts) ended_threads_[account.thread] = std::move(account);
  return {};
}

void ProcConnectorEventSource::count_gaps(const ProcConnectorMessages& messages) {
  for (const auto& [cpu, sequence] : messages.sequences) {
    const auto [known, is_new] = sequence_.try_emplace(cpu, sequence);
    if (is_new) continue;
    // Of which kind a lost message was nobody can tell: an exec is the worst.
    const std::uint32_t missing = sequence - known->second - 1;
    if (missing < 1u << 30) stats_.lost_execs += missing;
    known->second = sequence;
  }
}

std::optional<ProcessEvent> ProcConnectorEventSource::make_exec(const ProcConnectorEvent& event) {
  auto process = read_existing_process(options_.proc_root, event.process, options_.cgroup_v1);
  if (!process) {
    ++stats_.lost_execs;
    return std::nullopt;
  }
  ExecEvent& exec = process->event;
  exec.existing = false;
  exec.time = to_boot(event.monotonic);
  exec.facts.cgroup_id = cgroup_id_of(process->cgroup);
  bound(running_);
  running_[event.process] = exec.facts;
  return ProcessEvent(std::move(exec));
}

std::optional<ProcessEvent> ProcConnectorEventSource::make_exit(const ProcConnectorEvent& event) {
  bound(ending_);
  Accounted& process = ending_[event.process];
  const bool is_leader = event.thread == event.process;
  if (is_leader) process.wait_status = event.wait_status;
  const auto account = ended_threads_.find(event.thread);
  const bool accounted = account != ended_threads_.end();
  if (accounted) add(process.use, account->second.use);
  // Without an account the leader's end stands for the process's.
  if (accounted ? !account->second.is_last : !is_leader) {
    if (accounted) ended_threads_.erase(account);
    return std::nullopt;
  }
  ExitEvent exit;
  exit.time = to_boot(event.monotonic);
  exit.wait_status = process.wait_status.value_or(event.wait_status);
  exit.use = process.use;
  exit.use_known = accounted;
  if (const auto known = running_.find(event.process); known != running_.end()) {
    exit.facts = std::move(known->second);
    running_.erase(known);
  } else if (accounted) {
    const TaskAccount& task = account->second;
    exit.facts.process = make_process_key(event.process, exit.time - task.elapsed);
    exit.facts.parent.pid = task.parent;
    exit.facts.identity.uid = task.uid;
    exit.facts.identity.gid = task.gid;
    exit.facts.comm = task.comm;
  }
  const bool anything_known = exit.facts.process.pid != 0;
  if (accounted) ended_threads_.erase(account);
  ending_.erase(event.process);
  if (!anything_known) {
    ++stats_.lost_exits;
    return std::nullopt;
  }
  return ProcessEvent(std::move(exit));
}

std::uint64_t ProcConnectorEventSource::cgroup_id_of(const std::string& path) {
  if (path.empty() || options_.cgroup_root.empty()) return 0;
  if (const auto known = cgroup_ids_.find(path); known != cgroup_ids_.end()) return known->second;
  struct stat status {};
  if (::stat((options_.cgroup_root + path).c_str(), &status) != 0) return 0;
  bound(cgroup_ids_);
  cgroup_ids_[path] = status.st_ino;
  return status.st_ino;
}

BootTime ProcConnectorEventSource::to_boot(Nanoseconds monotonic) const {
  return BootTime(monotonic + boot_minus_monotonic_);
}

}  // namespace foreshock::agent
