#include "agent/agent_loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

/// So many pending records are worth a report of their own.
constexpr std::size_t kPromptRecords = 8192;
/// A clock this far off makes the times of records and of decisions hard to compare.
constexpr auto kTolerableSkew = std::chrono::seconds(5);
/// A coordinator keeps what is to come in memory: one that was restarted learns it soon.
constexpr auto kTellUpcomingAgain = std::chrono::minutes(5);
/// While the agent saves samples.
constexpr std::uint32_t kTicksPerSavedSample = 5;
constexpr double kSavedStormShare = 0.1;

template <typename T>
void keep_newest(std::deque<T>& kept, T value, std::size_t most) {
  kept.push_front(std::move(value));
  if (kept.size() > most) kept.pop_back();
}

Nanoseconds busy_time(const HostSample& sample) {
  return sample.cpu_user + sample.cpu_nice + sample.cpu_system + sample.cpu_irq +
         sample.cpu_softirq;
}

AgentStatus::Host describe_host(const HostSample& before, const HostSample& now) {
  AgentStatus::Host host;
  const auto elapsed = std::chrono::duration<double>(now.time - before.time).count();
  const auto busy = std::chrono::duration<double>(busy_time(now) - busy_time(before)).count();
  host.cpu_cores = elapsed > 0 ? std::max(busy / elapsed, 0.0) : 0;
  host.cpu_count = now.cpu_count;
  host.memory_total = now.memory_total;
  host.memory_used =
      Bytes{now.memory_total.count - std::min(now.memory_total.count, now.memory_available.count)};
  return host;
}

AgentUse read_own_use() {
  AgentUse own;
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  own.cpu = std::chrono::seconds(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
            std::chrono::microseconds(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
  if (const auto statm = read_file("/proc/self/statm")) {
    const auto resident = statm->find(' ');
    if (resident != std::string::npos) {
      own.rss = Bytes{std::strtoull(statm->c_str() + resident, nullptr, 10) *
                      static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
    }
  }
  return own;
}

}  // namespace

AgentLoop::AgentLoop(Options options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      host_name_(options_.host_name),
      storm_guard_(options_.storm),
      self_watch_(options_.budget),
      lifetimes_(options_.max_live_processes, options_.find_process, std::chrono::minutes(1),
                 [this](std::uint64_t cgroup_id, BootTime time) {
                   return storm_guard_.withhold(cgroup_id, time);
                 }),
      command_sums_(options_.max_command_sums),
      builder_(options_.boot_id, options_.host_name, FORESHOCK_VERSION, parts_.clock.boot_now()),
      delivery_(parts_.spool, parts_.uplink, Delivery::Options{}),
      started_(parts_.clock.wall_now()),
      execs_(parts_.metrics.counter("foreshock_agent_execs_total", "Execs captured")),
      exits_(parts_.metrics.counter("foreshock_agent_exits_total", "Exits captured")),
      reports_(parts_.metrics.counter("foreshock_agent_reports_total", "Reports spooled")),
      spool_failures_(parts_.metrics.counter("foreshock_agent_spool_failures_total",
                                             "Reports the spool did not take")),
      commands_(parts_.metrics.counter("foreshock_agent_commands_total", "Commands received")),
      reflexes_fired_(parts_.metrics.counter("foreshock_agent_reflexes_fired_total",
                                             "Reflexes that moved a limit, or would have")),
      withheld_(parts_.metrics.counter("foreshock_agent_withheld_executions_total",
                                       "Executions that were only counted")) {
  if (parts_.processes == nullptr) return;
  parts_.processes->observe([this](const ProcessUse& process, const ResourceUse& used,
                                   BootTime now) { on_process(process, used, now); });
}

void AgentLoop::add_existing(const ExecEvent& event, const std::string& cgroup) {
  lifetimes_.on_exec(event, cgroup);
}

void AgentLoop::on_tick() {
  watch_host();
  on_uplink();
  take_captured();
  watch_self();
  report(self_watch_.saving() < Saving::samples || ticks_++ % kTicksPerSavedSample == 0);
  publish_status();
}

void AgentLoop::watch_self() {
  own_use_ = read_own_use();
  const auto change = self_watch_.look(parts_.clock.boot_now(), own_use_.cpu, own_use_.rss);
  own_use_.saving = self_watch_.saving();
  if (!change) return;
  const bool more = change->to > change->from;
  log_warning("agent_{} saving={} before={} use=\"{}\"", more ? "over_budget" : "within_budget",
              to_string(change->to), to_string(change->from), change->reason);
  if (change->to >= Saving::single_commands) {
    storm_guard_.set_share(0);
  } else {
    storm_guard_.set_share(change->to >= Saving::storm_limit ? kSavedStormShare : 1);
  }
}

void AgentLoop::on_captured() {
  parts_.capture.clear_ready();
  look_after_reflexes();
  for (const auto& event : parts_.capture.take_urgent()) send_urgent(event);
  take_captured();
  // Many events wait: they become safe, and their ring space free, without waiting for the tick.
  if (writer_.executions() + lifetimes_.pending() + withheld_unreported_ >= kPromptRecords)
    report(false);
}

void AgentLoop::finish() {
  take_captured();
  report(true);
}

void AgentLoop::take_captured() {
  // While the spool refuses, events stay where they are counted when there is no more room: in the
  // ring.
  if (!spool_pending()) return;
  for (auto& batch : parts_.capture.take()) {
    batch.visit([this](ExecEvent& exec) { join(exec); },
                [this](const ExitEvent& exit) { join(exit); });
    count_withheld();
    tell_finished();
    taken_position_ = batch.position;
    took_events_ = true;
    parts_.capture.give_back(std::move(batch));
  }
}

void AgentLoop::join(ExecEvent& exec) {
  execs_.add();
  if (!exec.existing && self_watch_.saving() < Saving::argument_files)
    exec.inputs = argument_files_.measure(exec.argv, exec.cwd, exec.time);
  lifetimes_.on_exec(exec, parts_.cgroups.path_of(exec.facts.cgroup_id));
}

void AgentLoop::join(const ExitEvent& exit) {
  exits_.add();
  lifetimes_.on_exit(exit, parts_.cgroups.path_of(exit.facts.cgroup_id));
}

void AgentLoop::send_urgent(const ExecEvent& event) {
  UrgentExec urgent;
  urgent.boot_id = options_.boot_id;
  urgent.wall_minus_boot =
      parts_.clock.wall_now().time_since_epoch() - parts_.clock.boot_now().time_since_epoch();
  urgent.execution.facts = event.facts;
  urgent.execution.exec_time = event.time;
  urgent.execution.cgroup = parts_.cgroups.path_of(event.facts.cgroup_id);
  urgent.execution.filename = event.filename;
  urgent.execution.argv = event.argv;
  // Refused means no connection: then nobody is there to be woken, and the batch follows.
  parts_.uplink.try_send(std::move(urgent));
}

void AgentLoop::report(bool with_samples) {
  if (!spool_pending()) return;
  ResourceSample samples;
  if (with_samples) {
    for (const auto& sampler : parts_.samplers) sampler->sample(parts_.clock.boot_now(), samples);
    sample_before_ = std::exchange(last_samples_, samples).host;
  }
  tell_finished();
  tell_started();
  // What was withheld is in the sums only: they go with every report that lets go of its events.
  if (with_samples || withheld_unreported_ > 0) {
    samples.commands = command_sums_.take(
        [this](std::uint64_t id) -> const std::string& { return parts_.cgroups.path_of(id); });
    withheld_unreported_ = 0;
  }
  Report report = builder_.build(parts_.clock.boot_now(), parts_.clock.wall_now(),
                                 std::move(samples), losses(), std::exchange(outcomes_, {}));
  if (with_samples) {
    report.reflexes = parts_.reflexes.states();
    report.storms = take_storms();
    report.agent = own_use_;
  }
  report.identities = identities_of(report);
  if (parts_.binaries != nullptr) report.binaries = parts_.binaries->take_described();
  if (with_samples) add_inputs(report);
  for (auto& payload : writer_.finish(std::move(report))) pending_.push_back(std::move(payload));
  pending_position_ = taken_position_;
  if (spool_pending()) {
    if (const auto pumped = delivery_.pump(parts_.clock.boot_now()); !pumped) {
      log_error("delivery_failed error=\"{}\"", pumped.error().message());
    }
  }
}

void AgentLoop::tell_finished() {
  const BootTime now = parts_.clock.boot_now();
  std::size_t left = lifetimes_.finished();
  lifetimes_.tell_finished([&](Execution& execution) {
    tell(execution, now);
    if (left-- <= kRecentExecutions) keep_newest(recent_executions_, execution, kRecentExecutions);
  });
}

void AgentLoop::tell_started() {
  const BootTime now = parts_.clock.boot_now();
  auto executions = lifetimes_.take_finished_and_started();
  std::size_t left = executions.size();
  for (auto& execution : executions) {
    tell(execution, now);
    if (left-- <= kRecentExecutions)
      keep_newest(recent_executions_, std::move(execution), kRecentExecutions);
  }
}

/// Into the report that is being written.
void AgentLoop::tell(Execution& execution, BootTime now) {
  add_ended(execution);
  if (execution.exec_seen && parts_.binaries != nullptr &&
      self_watch_.saving() < Saving::argument_files)
    execution.binary = parts_.binaries->id_of(execution, now);
  parts_.identities.of(execution.cgroup, now);
  writer_.add(execution);
}

void AgentLoop::add_inputs(Report& report) {
  const BootTime now = parts_.clock.boot_now();
  if (parts_.app_metrics != nullptr && now - metrics_taken_ >= options_.metrics_interval) {
    metrics_taken_ = now;
    report.app_metrics = parts_.app_metrics->take(now);
  }
  if (parts_.upcoming == nullptr) return;
  auto upcoming = parts_.upcoming->read();
  if (upcoming == told_upcoming_ && now - upcoming_told_ < kTellUpcomingAgain) return;
  report.upcoming = upcoming->commands;
  told_upcoming_ = std::move(upcoming);
  upcoming_told_ = now;
}

std::vector<WorkloadIdentity> AgentLoop::identities_of(const Report& report) {
  const BootTime now = parts_.clock.boot_now();
  for (const auto& workload : report.samples.workloads) parts_.identities.of(workload.cgroup, now);
  return parts_.identities.take_untold(now);
}

void AgentLoop::on_process(const ProcessUse& process, const ResourceUse& used, BootTime now) {
  const std::uint64_t cgroup_id = process.facts.cgroup_id;
  if (process.kernel_thread) {
    command_sums_.add_running(cgroup_id, command_sums_.signature_of_kernel_threads(), process,
                              used);
    return;
  }
  const auto running = lifetimes_.on_use(process, now, parts_.cgroups.path_of(cgroup_id));
  if (running.execution == nullptr) return;  // its end is known already, and so all of its use
  if (!command_sums_.is_current(*running.mark))
    *running.mark = command_sums_.signature_of(*running.execution);
  command_sums_.add_running(cgroup_id, *running.mark, process, used);
}

void AgentLoop::add_ended(const Execution& execution) {
  if (!execution.end) return;
  const auto seen = parts_.processes != nullptr
                        ? parts_.processes->take_use_when_last_seen(execution.facts.process)
                        : ResourceUse{};
  command_sums_.add_ended(execution.facts.cgroup_id, command_sums_.signature_of(execution),
                          use_between(seen, execution.end->use), execution.end->wait_status);
}

void AgentLoop::count_withheld() {
  lifetimes_.tell_withheld([this](const Execution& execution) {
    command_sums_.add_withheld(execution.facts.cgroup_id, command_sums_.signature_of(execution));
    add_ended(execution);
    ++withheld_unreported_;
    withheld_.add();
  });
}

std::vector<ExecStorm> AgentLoop::take_storms() {
  auto storms = storm_guard_.take(parts_.clock.boot_now());
  for (auto& storm : storms) {
    storm.cgroup = parts_.cgroups.path_of(storm.cgroup_id);
    const bool is_new = std::ranges::none_of(storms_, [&storm](const ExecStorm& known) {
      return known.cgroup_id == storm.cgroup_id && known.began == storm.began;
    });
    if (is_new) {
      log_warning(
          "exec_storm_began cgroup={} hint=\"its commands are counted, not told one by one\"",
          storm.cgroup);
    }
    if (storm.ended)
      log_info("exec_storm_ended cgroup={} withheld={}", storm.cgroup, storm.withheld);
  }
  storms_ = storms;
  return storms;
}

bool AgentLoop::spool_pending() {
  while (!pending_.empty()) {
    const auto appended = parts_.spool.append(pending_.front());
    if (!appended) {
      spool_failures_.add();
      if (spool_problem_ != appended.error().message()) {
        log_error("spool_append_failed error=\"{}\"", appended.error().message());
      }
      spool_problem_ = appended.error().message();
      return false;
    }
    pending_.pop_front();
    reports_.add();
  }
  spool_problem_.clear();
  if (took_events_) parts_.capture.release_through(pending_position_);
  return true;
}

LossTotals AgentLoop::losses() const {
  const auto captured = parts_.capture.stats();
  return {{Hop::kernel_exec, captured.lost_execs},
          {Hop::kernel_exit, captured.lost_exits},
          {Hop::decode, captured.undecodable},
          {Hop::lifetime, lifetimes_.evicted()},
          {Hop::sampler, parts_.processes ? parts_.processes->failed_turns() : 0},
          {Hop::spool, parts_.spool.stats().dropped_entries}};
}

void AgentLoop::on_uplink() {
  const LinkState state = parts_.uplink.state();
  if (state != link_) {
    log_info("uplink state={} endpoint={}", to_string(state), options_.coordinator_endpoint);
    link_ = state;
  }
  if (link_ == LinkState::connected && parts_.uplink.connections() != greeted_connections_) {
    greeted_connections_ = parts_.uplink.connections();
    say_hello();
    delivery_.on_connected();
  }
  while (const auto message = parts_.uplink.try_receive()) on_message(*message);
  look_after_reflexes();
  if (const auto pumped = delivery_.pump(parts_.clock.boot_now()); !pumped) {
    log_error("delivery_failed error=\"{}\"", pumped.error().message());
  }
}

void AgentLoop::say_hello() {
  Hello hello;
  hello.host_name = host_name_;
  hello.agent_version = FORESHOCK_VERSION;
  hello.boot_id = options_.boot_id;
  hello.incarnation = parts_.spool.incarnation();
  hello.highest_epoch = parts_.journal.highest_epoch();
  // Refused means that the connection has gone again: the next one is greeted.
  if (!parts_.uplink.try_send(hello)) greeted_connections_ = 0;
}

void AgentLoop::on_message(const CoordinatorMessage& message) {
  if (const auto* ack = std::get_if<Ack>(&message)) {
    if (const auto released = delivery_.on_ack(*ack); !released) {
      log_error("spool_release_failed error=\"{}\"", released.error().message());
    }
  } else if (const auto* command = std::get_if<Command>(&message)) {
    on_command(*command);
  } else if (const auto* list = std::get_if<WatchList>(&message)) {
    log_info("watch_list version={} signatures={}", list->version, list->signatures.size());
    parts_.capture.set_watch_list(*list);
    command_sums_.set_rules(SignatureRules(list->rules));
  } else if (const auto* welcome = std::get_if<Welcome>(&message)) {
    log_debug("welcome coordinator_version={} epoch={}", welcome->coordinator_version,
              welcome->epoch);
    on_coordinator_time(welcome->time);
  }
}

void AgentLoop::on_coordinator_time(WallTime time) {
  if (time == WallTime()) return;
  coordinator_minus_boot_ = time.time_since_epoch() - parts_.clock.boot_now().time_since_epoch();
  const auto ahead = parts_.clock.wall_now() - time;
  if (ahead > kTolerableSkew || ahead < -kTolerableSkew) {
    log_warning("clock_differs_from_coordinator ahead_ms={} hint=\"is time synchronised on both?\"",
                ahead / std::chrono::milliseconds(1));
  }
}

/// What a command's expiry is judged by: this host's own clock may be wrong, or be set meanwhile.
WallTime AgentLoop::coordinator_now() const {
  if (!coordinator_minus_boot_) return parts_.clock.wall_now();
  return WallTime(parts_.clock.boot_now().time_since_epoch() + *coordinator_minus_boot_);
}

void AgentLoop::watch_host() {
  if (const auto change = clock_watch_.look(parts_.clock.boot_now(), parts_.clock.wall_now())) {
    log_warning("clock_changed wall_jump_ms={} stood_still_ms={}",
                change->wall_jump / std::chrono::milliseconds(1),
                change->stood_still / std::chrono::milliseconds(1));
  }
}

void AgentLoop::set_host_name(const std::string& name) {
  if (name == host_name_) return;
  log_info("host_renamed from={} to={}", host_name_, name);
  host_name_ = name;
  builder_.set_host_name(name);
  greeted_connections_ = 0;  // the coordinator is told
}

void AgentLoop::on_command(const Command& command) {
  commands_.add();
  const bool is_reflex = std::holds_alternative<ArmReflex>(command.body) ||
                         std::holds_alternative<DisarmReflex>(command.body);
  const WallTime now = coordinator_now();
  keep_outcome(is_reflex ? parts_.reflexes.execute(command, now)
                         : parts_.executor.execute(command, now));
}

void AgentLoop::look_after_reflexes() {
  const WallTime now = parts_.clock.wall_now();
  for (auto& outcome : parts_.reflexes.take_fired(now)) {
    reflexes_fired_.add();
    keep_outcome(std::move(outcome));
  }
  for (auto& outcome : parts_.reflexes.end_due(now)) keep_outcome(std::move(outcome));
}

void AgentLoop::keep_outcome(ActionOutcome outcome) {
  log_info(
      "action cause={} decision={} status={} refusal={} cgroup={} knob={} before={} after={} "
      "detail=\"{}\"",
      to_string(outcome.cause), outcome.decision_id, to_string(outcome.status),
      to_string(outcome.refusal), outcome.target.path, to_string(outcome.knob),
      format_knob_value(outcome.knob, outcome.before),
      format_knob_value(outcome.knob, outcome.after), outcome.detail);
  keep_newest(recent_outcomes_, outcome, kRecentOutcomes);
  outcomes_.push_back(std::move(outcome));
}

void AgentLoop::publish_status() {
  AgentStatus status;
  status.time = parts_.clock.wall_now();
  status.started = started_;
  status.host_name = host_name_;
  status.version = FORESHOCK_VERSION;
  status.public_key = options_.public_key;
  status.capture = {parts_.source_name,     options_.resumed,     parts_.capture.problem(),
                    parts_.capture.stats(), options_.blind_spots, options_.why_not_bpf};
  status.lifetimes = {lifetimes_.alive(), lifetimes_.evicted()};
  status.spool = {spool_problem_, parts_.spool.stats()};
  status.uplink = {options_.coordinator_endpoint, link_, delivery_.acked_batches(),
                   delivery_.resent_batches()};
  if (parts_.app_metrics != nullptr) status.app_metrics = parts_.app_metrics->stats();
  if (parts_.scrape_targets != nullptr) status.scrape_targets = *parts_.scrape_targets->read();
  if (parts_.upcoming != nullptr) status.upcoming = parts_.upcoming->read();
  status.losses = losses();
  if (sample_before_ && last_samples_.host)
    status.host = describe_host(*sample_before_, *last_samples_.host);
  status.workloads = last_samples_.workloads.size();
  status.processes = last_samples_.process_count;
  status.own = own_use_;
  status.storms = storms_;
  status.withheld = storm_guard_.withheld();
  status.reflexes = parts_.reflexes.states();
  status.wall_minus_boot =
      status.time.time_since_epoch() - parts_.clock.boot_now().time_since_epoch();
  status.recent_executions.assign(recent_executions_.begin(), recent_executions_.end());
  status.recent_outcomes.assign(recent_outcomes_.begin(), recent_outcomes_.end());
  parts_.status.publish(std::move(status));
}

}  // namespace foreshock::agent
