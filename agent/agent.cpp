#include "agent/agent.h"

#include <array>
#include <filesystem>
#include <thread>
#include <utility>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/agent_loop.h"
#include "agent/capture/bpf_event_source.h"
#include "agent/capture/existing_processes.h"
#include "agent/cgroup/container_names.h"
#include "agent/cgroup/layout.h"
#include "agent/sample/cgroup_sampler.h"
#include "agent/sample/host_sampler.h"
#include "agent/sample/process_sampler.h"
#include "agent/spool/file_spool.h"
#include "agent/status/status_server.h"
#include "agent/uplink/zmq_uplink.h"
#include "common/base/log.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/os/service_notify.h"
#include "common/sync/named_thread.h"

namespace foreshock::agent {

namespace {

/// The uplink's descriptor is edge-triggered and its connection changes without it: look this often
/// as well.
constexpr auto kUplinkInterval = std::chrono::milliseconds(200);

Result<BootId> read_boot_id() {
  FS_TRY(std::string text, read_file("/proc/sys/kernel/random/boot_id"));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto id = parse_id128(text);
  if (!id) return Error(ErrorCode::corrupt, "/proc/sys/kernel/random/boot_id: not an id");
  return BootId{*id};
}

std::string read_host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("unknown");
}

/// The host's own key; made at the first start unless `keygen` made it before.
Result<CurveKeyPair> own_keys(const std::string& path) {
  if (std::filesystem::exists(path)) return read_key_file(path);
  return create_key_file(path);
}

/// Cgroup files are held open between samples: as many as the host lets us.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The owner's bounds, with our own cgroup on the protect list.
Result<GuardrailConfig> protect_own_cgroup(GuardrailConfig config, const CgroupLayout& layout) {
  FS_TRY(const auto membership, read_file("/proc/self/cgroup"));
  if (const auto own = parse_membership(membership, layout.workloads_in_v1())) {
    for (auto& pattern : patterns_protecting(*own))
      config.protected_patterns.push_back(std::move(pattern));
  }
  return config;
}

}  // namespace

struct Agent::Impl {
  AgentConfig config;
  UniqueFd state_lock;  ///< the spool and the journal have one owner
  SystemClock clock;
  MetricRegistry metrics;
  Snapshot<AgentStatus> status;
  CgroupLayout layout;
  std::unique_ptr<CgroupIndex> cgroups;
  std::unique_ptr<IdentityTable> identities;
  std::optional<Redactor> redactor;
  std::unique_ptr<BpfEventSource> source;
  std::unique_ptr<CaptureWorker> capture;
  std::unique_ptr<Spool> spool;
  std::unique_ptr<Uplink> uplink;
  std::unique_ptr<UndoJournal> journal;
  std::unique_ptr<CommandExecutor> executor;
  std::unique_ptr<AgentLoop> loop;
  std::unique_ptr<StatusServer> status_server;

  explicit Impl(AgentConfig made) : config(std::move(made)) {}

  Result<void> open() {
    raise_descriptor_limit();
    FS_CHECK(make_directories(config.state_directory, 0700));
    FS_CHECK(check_writable_directory(config.state_directory));
    FS_TRY(state_lock, lock_directory(config.state_directory));
    FS_TRY(const auto keys, own_keys(config.key_file()));
    FS_TRY(const auto boot_id, read_boot_id());
    FS_TRY(layout, read_layout());
    cgroups = std::make_unique<CgroupIndex>(layout.workload_root(), config.max_cgroups);
    // Of cgroups that are gone, too: as many again.
    identities = std::make_unique<IdentityTable>(
        2 * config.max_cgroups,
        [](const WorkloadIdentity& identity) { return read_container_name("", identity); });
    FS_CHECK(open_capture());
    FS_TRY(spool, FileSpool::open(config.spool_directory(), spool_options(), clock));
    FS_TRY(uplink,
           ZmqUplink::connect({config.coordinator_endpoint, config.coordinator_public_key, keys}));
    FS_TRY(journal, UndoJournal::open(config.journal_file(), boot_id));
    if (journal->damaged_lines() > 0) {
      log_warning("undo_journal_damaged lines={} path={}", journal->damaged_lines(),
                  config.journal_file());
    }
    FS_TRY(auto guardrails, protect_own_cgroup(config.guardrails, layout));
    executor = std::make_unique<CommandExecutor>(layout, make_actuators(layout),
                                                 std::move(guardrails), *journal);

    AgentLoop::Options options;
    options.host_name = config.host_name.empty() ? read_host_name() : config.host_name;
    options.boot_id = boot_id;
    options.public_key = keys.public_key;
    options.coordinator_endpoint = config.coordinator_endpoint;
    options.resumed = source->resumed();
    options.max_live_processes = config.max_live_processes;
    FS_TRY(auto samplers, make_samplers());
    loop = std::make_unique<AgentLoop>(
        std::move(options),
        AgentLoop::Parts{*capture, source->name(), *cgroups, *identities, std::move(samplers),
                         *spool, *uplink, *executor, *journal, metrics, status, clock});
    add_existing_processes();

    FS_CHECK(make_directories(std::filesystem::path(config.status_socket).parent_path().string()));
    status_server = std::make_unique<StatusServer>(status, metrics);
    return status_server->listen(config.status_socket, config.socket_group);
  }

  FileSpool::Options spool_options() const {
    FileSpool::Options options;
    options.max_bytes = config.spool_max.count;
    options.max_age = config.spool_max_age;
    return options;
  }

  Result<void> open_capture() {
    FS_TRY(redactor, Redactor::make(config.redact_patterns));
    BpfEventSource::Options options;
    options.ring_bytes = static_cast<std::uint32_t>(config.ring.count);
    options.pin_directory = config.pin_directory;
    options.cgroup_v1 = layout.workloads_in_v1();
    FS_TRY(source, BpfEventSource::make(options));
    if (source->resumed()) log_info("capture_resumed pin_directory={}", config.pin_directory);
    CaptureWorker::Options worker;
    worker.drain_interval = config.drain_interval;
    FS_TRY(capture, CaptureWorker::make(*source, *redactor, worker));
    return {};
  }

  Result<std::vector<std::unique_ptr<ResourceSampler>>> make_samplers() {
    std::vector<std::unique_ptr<ResourceSampler>> samplers;
    FS_TRY(auto host, HostSampler::make());
    FS_TRY(auto processes,
           ProcessSampler::make(layout.workloads_in_v1(), *cgroups, config.top_processes));
    samplers.push_back(std::move(host));
    samplers.push_back(std::make_unique<CgroupSampler>(layout, *cgroups, config.max_cgroups));
    samplers.push_back(std::move(processes));
    return samplers;
  }

  void add_existing_processes() {
    for (auto& existing : read_existing_processes("/proc", layout.workloads_in_v1())) {
      redactor->redact(existing.event);
      loop->add_existing(std::move(existing.event), std::move(existing.cgroup));
    }
  }
};

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::make(AgentConfig config) {
  auto impl = std::make_unique<Impl>(std::move(config));
  FS_CHECK(impl->open());
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

Result<void> Agent::run() {
  AgentLoop& loop = *impl_->loop;
  FS_TRY(auto events, EventLoop::make());
  FS_CHECK(events->watch_signals({SIGTERM, SIGINT}, [&events](int) { events->stop(); }));
  FS_CHECK(events->watch_timer(impl_->config.report_interval, [&loop] { loop.on_tick(); }));
  FS_CHECK(events->watch_timer(kUplinkInterval, [&loop] { loop.on_uplink(); }));
  FS_CHECK(events->watch_readable(impl_->capture->ready_fd(), [&loop] { loop.on_captured(); }));
  FS_CHECK(events->watch_readable(impl_->uplink->ready_fd(), [&loop] { loop.on_uplink(); }));
  FS_CHECK(events->watch_timer(std::chrono::seconds(5), [] { notify_watchdog(); }));

  std::jthread capture = start_thread(
      "capture", [this](std::stop_token stop) { impl_->capture->run(std::move(stop)); });
  log_info("agent_ready source={} status_socket={}", impl_->source->name(),
           impl_->config.status_socket);
  notify_ready("capturing");

  const auto ran = events->run();
  notify_stopping();
  log_info("agent_stopping");
  capture.request_stop();
  capture.join();
  // The last exits are sent when the programs are detached.
  const auto detached = impl_->source->detach();
  impl_->capture->drain();
  loop.finish();
  FS_CHECK(detached);
  return ran;
}

}  // namespace foreshock::agent
