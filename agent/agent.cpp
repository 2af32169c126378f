#include "agent/agent.h"

#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/actuate/systemd_unit_actuator.h"
#include "agent/agent_loop.h"
#include "agent/binaries/binary_catalog.h"
#include "agent/binaries/confined_profile.h"
#include "agent/capture/bpf_process_iterator.h"
#include "agent/capture/bpf_traffic.h"
#include "agent/capture/existing_processes.h"
#include "agent/capture/open_event_source.h"
#include "agent/cgroup/container_names.h"
#include "agent/cgroup/layout.h"
#include "agent/host_identity.h"
#include "agent/input_workers.h"
#include "agent/sample/cgroup_sampler.h"
#include "agent/sample/host_sampler.h"
#include "agent/sample/proc_processes.h"
#include "agent/sample/process_sampler.h"
#include "agent/sample/traffic_sampler.h"
#include "agent/spool/file_spool.h"
#include "agent/status/status_server.h"
#include "agent/uplink/zmq_uplink.h"
#include "common/base/log.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/os/freed_memory.h"
#include "common/os/service_notify.h"
#include "common/sync/named_thread.h"

namespace foreshock::agent {

namespace {

/// The uplink's descriptor is edge-triggered and its connection changes without it: look this often
/// as well.
constexpr auto kUplinkInterval = std::chrono::milliseconds(500);
constexpr std::size_t kKeptBytes = 4 << 20;

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
  std::shared_ptr<const Redactor> redactor;
  std::unique_ptr<BpfTraffic> traffic;  ///< null where it cannot be counted
  std::unique_ptr<EventSource> source;
  std::string why_not_bpf;
  std::unique_ptr<CaptureWorker> capture;
  std::unique_ptr<Spool> spool;
  std::unique_ptr<Uplink> uplink;
  std::unique_ptr<UndoJournal> journal;
  std::unique_ptr<CommandExecutor> executor;
  std::unique_ptr<InputWorkers> inputs;
  std::unique_ptr<BinaryCatalog> binaries;  ///< null where they are not described
  Snapshot<std::shared_ptr<const Redactor>> schedule_redactor;  ///< read by another thread
  std::unique_ptr<ReflexFirer> reflex_firer;
  std::unique_ptr<LocalReflexes> reflexes;
  std::unique_ptr<AgentLoop> loop;
  std::unique_ptr<StatusServer> status_server;

  explicit Impl(AgentConfig made) : config(std::move(made)) {}

  Result<void> open() {
    raise_descriptor_limit();
    keep_freed_memory(kKeptBytes);
    FS_CHECK(make_directories(config.state_directory, 0700));
    FS_CHECK(check_writable_directory(config.state_directory));
    FS_TRY(state_lock, lock_directory(config.state_directory));
    FS_TRY(const auto former, claim_state_directory(config.state_directory, read_machine_id()));
    if (former) {
      log_warning(
          "state_of_another_machine machine_id={} moved_to={}/of-machine-{} hint=\"a clone: it has "
          "a new key, to be approved\"",
          *former, config.state_directory, former->substr(0, 8));
    }
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
    executor = std::make_unique<CommandExecutor>(
        layout, through_systemd(make_actuators(layout), make_unit_properties()),
        std::move(guardrails), *journal);

    open_reflexes(boot_id);

    AgentLoop::Options options;
    options.host_name = config.host_name.empty() ? read_host_name() : config.host_name;
    options.boot_id = boot_id;
    options.public_key = keys.public_key;
    options.coordinator_endpoint = config.coordinator_endpoint;
    options.resumed = source->resumed();
    options.blind_spots = source->blind_spots();
    options.why_not_bpf = why_not_bpf;
    options.max_live_processes = config.max_live_processes;
    options.max_command_sums = config.max_command_sums;
    options.storm = config.storm;
    options.budget = config.budget;
    FS_TRY(auto look, make_process_look());
    auto processes = std::make_unique<ProcessSampler>(std::move(look), config.top_processes);
    ProcessSampler* const observed = processes.get();
    options.find_process =
        [in_v1 = layout.workloads_in_v1()](std::uint32_t pid) -> std::optional<ProcessFacts> {
      auto process = read_existing_process("/proc", pid, in_v1);
      return process ? std::optional(std::move(process->event.facts)) : std::nullopt;
    };
    options.metrics_interval = config.metrics_interval;
    FS_CHECK(open_inputs());
    if (config.describe_binaries) {
      binaries = std::make_unique<BinaryCatalog>(
          BinaryCatalog::Options{},
          [](const Execution& execution) { return open_executed("/proc", execution); },
          [](int fd) { return profile_confined(fd); }, clock);
    }
    FS_TRY(auto samplers, make_samplers());
    samplers.push_back(std::move(processes));
    loop = std::make_unique<AgentLoop>(
        std::move(options),
        AgentLoop::Parts{*capture, source->name(), *cgroups, *identities, std::move(samplers),
                         *spool, *uplink, *executor, *journal, *reflexes, metrics, status, clock,
                         &inputs->metrics(), &inputs->upcoming(), &inputs->targets(), observed,
                         binaries.get()});
    add_existing_processes();

    FS_CHECK(make_directories(std::filesystem::path(config.status_socket).parent_path().string()));
    status_server = std::make_unique<StatusServer>(status, metrics);
    return status_server->listen(config.status_socket, config.socket_group);
  }

  void open_reflexes(BootId boot_id) {
    reflex_firer = std::make_unique<ReflexFirer>(clock, config.reflex_firing);
    capture->set_reflexes(*reflex_firer);
    reflexes = std::make_unique<LocalReflexes>(
        LocalReflexes::Options{config.reflexes_file(), config.max_reflexes, boot_id},
        LocalReflexes::Parts{*executor, *reflex_firer});
    if (const auto resumed = reflexes->resume(clock.wall_now()); !resumed)
      log_warning("reflexes_not_resumed error=\"{}\"", resumed.error().message());
  }

  FileSpool::Options spool_options() const {
    FileSpool::Options options;
    options.max_bytes = config.spool_max.count;
    options.max_age = config.spool_max_age;
    return options;
  }

  Result<void> open_inputs() {
    schedule_redactor.publish(redactor);
    const auto redact = [this](const std::string& command) {
      return (*schedule_redactor.read())->redact_words({"sh", "-c", command}).back();
    };
    FS_TRY(inputs, InputWorkers::make({.statsd = {config.statsd_udp, config.statsd_socket},
                                       .targets = config.scrape_targets,
                                       .max_metrics = config.max_app_metrics,
                                       .schedule_interval = config.schedule_interval},
                                      redact, clock));
    return {};
  }

  EventSourceOptions source_options() const {
    EventSourceOptions options;
    options.kind = config.event_source;
    options.bpf.ring_bytes = static_cast<std::uint32_t>(config.ring.count);
    options.bpf.pin_directory = config.pin_directory;
    options.bpf.cgroup_v1 = layout.workloads_in_v1();
    options.proc_connector.cgroup_root = layout.workload_root();
    options.proc_connector.cgroup_v1 = layout.workloads_in_v1();
    options.audit_log.path = config.audit_log;
    options.audit_log.cgroup_root = layout.workload_root();
    options.audit_log.cgroup_v1 = layout.workloads_in_v1();
    return options;
  }

  Result<void> open_capture() {
    FS_TRY(auto made, Redactor::make(config.redact_patterns));
    redactor = std::make_shared<const Redactor>(std::move(made));
    FS_TRY(auto opened, open_event_source(source_options(), clock));
    source = std::move(opened.source);
    why_not_bpf = std::move(opened.why_not_bpf);
    if (!why_not_bpf.empty()) {
      log_warning("capture_fallback source={} why_not_bpf=\"{}\"", source->name(), why_not_bpf);
    }
    if (source->resumed()) log_info("capture_resumed pin_directory={}", config.pin_directory);
    CaptureWorker::Options worker;
    worker.drain_interval = config.drain_interval;
    FS_TRY(capture, CaptureWorker::make(*source, redactor, worker));
    return {};
  }

  Result<std::vector<std::unique_ptr<ResourceSampler>>> make_samplers() {
    std::vector<std::unique_ptr<ResourceSampler>> samplers;
    FS_TRY(auto host, HostSampler::make());
    samplers.push_back(std::move(host));
    samplers.push_back(std::make_unique<CgroupSampler>(layout, *cgroups, config.max_cgroups));
    if (auto made =
            BpfTraffic::make({.cgroup_v1 = layout.workloads_in_v1(), .v2_root = layout.v2_root})) {
      traffic = *std::move(made);
      if (!traffic->counts_bytes())
        log_warning(
            "network_bytes_unavailable workloads=v1 needs=\"kernel 6.3, or workloads in cgroup "
            "v2\"");
      samplers.push_back(std::make_unique<TrafficSampler>(
          [this](const auto& is_gone) { return traffic->read(is_gone); }, *cgroups));
    } else {
      log_warning("network_traffic_unavailable error=\"{}\"", made.error().message());
    }
    return samplers;
  }

  /// From BPF, else from /proc: a hundred times the processor time, and less to see.
  Result<ProcessSampler::Look> make_process_look() {
    if (auto made = BpfProcessIterator::make(layout.workloads_in_v1())) {
      return ProcessSampler::Look(
          [iterator = std::shared_ptr<BpfProcessIterator>(*std::move(made))](
              std::vector<ProcessUse>& into) { return iterator->look(into); });
    } else {
      log_warning("process_iterator_unavailable error=\"{}\" instead=/proc",
                  made.error().message());
    }
    FS_TRY(auto made, ProcProcesses::make(layout.workloads_in_v1(), *cgroups));
    return ProcessSampler::Look([files = std::shared_ptr<ProcProcesses>(std::move(made))](
                                    std::vector<ProcessUse>& into) { return files->look(into); });
  }

  void reload() {
    notify_reloading();
    if (const auto reloaded = take_over_configuration(); reloaded) {
      log_info("configuration_reloaded path={}", config.path);
    } else {
      log_error("configuration_kept error=\"{}\"", reloaded.error().message());
    }
    notify_ready("capturing");
  }

  /// All of what has changed, or, after an error, nothing of it.
  Result<void> take_over_configuration() {
    FS_TRY(auto next, read_agent_config(config.path));
    if (const auto keys = keys_needing_restart(config, next); !keys.empty()) {
      return Error(ErrorCode::unsupported, fmt::format("{}: needs a restart to change {}",
                                                       config.path, fmt::join(keys, ", ")));
    }
    FS_TRY(auto made, Redactor::make(next.redact_patterns));
    FS_TRY(auto guardrails, protect_own_cgroup(next.guardrails, layout));
    redactor = std::make_shared<const Redactor>(std::move(made));
    capture->set_redactor(redactor);
    schedule_redactor.publish(redactor);
    executor->set_guardrails(std::move(guardrails));
    reflexes->judge_again(clock.wall_now());
    start_log(parse_log_level(next.log_level));
    config = std::move(next);
    return {};
  }

  void add_existing_processes() {
    for (auto& existing : read_existing_processes("/proc", layout.workloads_in_v1())) {
      redactor->redact(existing.event);
      loop->add_existing(existing.event, existing.cgroup);
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
  FS_CHECK(events->watch_signals({SIGHUP}, [this](int) { impl_->reload(); }));
  FS_CHECK(events->watch_timer(impl_->config.report_interval, [&loop] { loop.on_tick(); }));
  FS_CHECK(events->watch_timer(kUplinkInterval, [&loop] { loop.on_uplink(); }));
  FS_CHECK(events->watch_readable(impl_->capture->ready_fd(), [&loop] { loop.on_captured(); }));
  FS_CHECK(events->watch_readable(impl_->uplink->ready_fd(), [&loop] { loop.on_uplink(); }));
  FS_CHECK(events->watch_timer(std::chrono::seconds(5), [this, &loop] {
    notify_watchdog();
    if (impl_->config.host_name.empty()) loop.set_host_name(read_host_name());
  }));

  std::jthread capture = start_thread(
      "capture", [this](std::stop_token stop) { impl_->capture->run(std::move(stop)); });
  std::vector<std::jthread> inputs;
  InputWorkers& workers = *impl_->inputs;
  inputs.push_back(start_thread(
      "statsd", [&workers](std::stop_token stop) { workers.run_statsd(std::move(stop)); }));
  inputs.push_back(start_thread(
      "scrape", [&workers](std::stop_token stop) { workers.run_scrapes(std::move(stop)); }));
  inputs.push_back(start_thread(
      "schedule", [&workers](std::stop_token stop) { workers.run_schedule(std::move(stop)); }));
  if (BinaryCatalog* const binaries = impl_->binaries.get()) {
    inputs.push_back(start_thread(
        "binaries", [binaries](std::stop_token stop) { binaries->run(std::move(stop)); }));
  }
  log_info("agent_ready source={} status_socket={}", impl_->source->name(),
           impl_->config.status_socket);
  notify_ready("capturing");

  auto ran = events->run();
  notify_stopping();
  log_info("agent_stopping");
  for (auto& input : inputs) input.request_stop();
  capture.request_stop();
  capture.join();
  // The last exits are sent when the programs are detached.
  const auto detached = impl_->source->detach();
  impl_->capture->drain();
  inputs.clear();  // joins
  loop.finish();
  if (!detached) return detached.error();
  return ran;
}

}  // namespace foreshock::agent
