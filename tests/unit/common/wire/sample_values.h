#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "common/model/message.h"

namespace foreshock {

/// Makes values with something in every field, different each time; what can be absent is so half
/// of the time.
class SampleValues {
 public:
  explicit SampleValues(std::uint32_t seed) : random_(seed) {}

  std::uint64_t number() { return random_(); }
  std::uint32_t small_number() { return static_cast<std::uint32_t>(random_() % 1'000'000'000); }
  std::uint64_t size() { return random_() % 5; }
  bool flag() { return random_() % 2 == 0; }
  Nanoseconds duration() { return Nanoseconds(static_cast<std::int64_t>(random_() >> 3)); }
  BootTime boot_time() { return BootTime(duration()); }
  WallTime wall_time() { return WallTime(duration()); }
  Id128 id() { return {.high = number(), .low = number()}; }
  std::string text() {
    // Bytes of all kinds: host names, paths and arguments need not be UTF-8.
    std::string text(random_() % 30, '\0');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }
  template <typename Make>
  auto maybe(Make make) {
    return flag() ? std::optional(make()) : std::nullopt;
  }

  ProcessKey process() { return {.pid = small_number(), .start = boot_time()}; }
  ResourceUse use() {
    return {.cpu = duration(),
            .user = duration(),
            .system = duration(),
            .peak_rss = {number()},
            .read_bytes = {number()},
            .written_bytes = {number()},
            .read_calls = number(),
            .write_calls = number(),
            .minor_faults = number(),
            .major_faults = number(),
            .voluntary_switches = number(),
            .involuntary_switches = number()};
  }
  Execution execution() {
    Execution execution;
    execution.facts = {.process = process(),
                       .parent = process(),
                       .identity = {.uid = small_number(),
                                    .gid = small_number(),
                                    .login_uid = maybe([&] { return small_number(); }),
                                    .session_id = maybe([&] { return small_number(); })},
                       .cgroup_id = number(),
                       .comm = text()};
    execution.exec_time = boot_time();
    execution.cgroup = text();
    execution.filename = text();
    execution.argv = make_argv({text(), text(), text()});
    execution.argv.true_bytes = small_number();
    execution.argv.redacted = flag();
    execution.cwd = text();
    execution.tty = text();
    execution.ancestry = text();
    execution.binary = number();
    execution.inputs = maybe([&] {
      return InputFiles{.count = small_number(), .total = {number()}, .largest = {number()}};
    });
    execution.existing = flag();
    execution.exec_seen = flag();
    execution.earlier_execs = small_number();
    execution.so_far = maybe([&] { return UseSoFar{.time = boot_time(), .use = use()}; });
    execution.end = maybe([&] {
      return ExecutionEnd{.time = boot_time(),
                          .wait_status = small_number(),
                          .use = use(),
                          .use_known = flag(),
                          .connections = flag() ? std::optional(number()) : std::nullopt};
    });
    return execution;
  }
  BinaryProfile binary() {
    BinaryProfile binary;
    binary.id = number();
    binary.build_id = text();
    binary.path = text();
    for (auto n = size(); n > 0; --n) binary.libraries.push_back(text());
    BinaryTraits& traits = binary.traits;
    traits.file = {number()};
    traits.text = {number()};
    traits.instructions = small_number();
    for (float& share : traits.mix) share = static_cast<float>(small_number() % 1000) / 1000;
    traits.cycles = static_cast<float>(small_number() % 100) / 7;
    traits.complexity = static_cast<float>(small_number() % 100) / 7;
    traits.imports = small_number();
    traits.libraries = static_cast<std::uint32_t>(binary.libraries.size());
    return binary;
  }
  HostSample host() {
    HostSample host;
    host.time = boot_time();
    host.cpu_count = small_number();
    for (auto* counter : {&host.cpu_user, &host.cpu_nice, &host.cpu_system, &host.cpu_idle,
                          &host.cpu_iowait, &host.cpu_irq, &host.cpu_softirq, &host.cpu_steal}) {
      *counter = duration();
    }
    for (auto* bytes :
         {&host.memory_total, &host.memory_available, &host.swap_total, &host.swap_free}) {
      *bytes = {number()};
    }
    host.load1_permille = small_number();
    for (auto* pressure : {&host.cpu_pressure, &host.memory_pressure, &host.io_pressure}) {
      *pressure = maybe([&] { return duration(); });
    }
    for (auto n = size(); n > 0; --n) {
      host.disks.push_back({.name = text(),
                            .reads = number(),
                            .writes = number(),
                            .read = {number()},
                            .written = {number()},
                            .busy = duration(),
                            .in_flight = number()});
      host.interfaces.push_back({.name = text(),
                                 .received = {number()},
                                 .sent = {number()},
                                 .received_packets = number(),
                                 .sent_packets = number(),
                                 .errors = number(),
                                 .drops = number()});
    }
    return host;
  }
  WorkloadSample workload() {
    WorkloadSample workload;
    workload.cgroup = text();
    workload.cgroup_id = number();
    workload.time = boot_time();
    for (auto* counter : {&workload.cpu_usage, &workload.cpu_throttled, &workload.cpu_pressure,
                          &workload.memory_pressure}) {
      *counter = maybe([&] { return duration(); });
    }
    for (auto* count :
         {&workload.throttled_periods, &workload.oom_kills, &workload.process_count}) {
      *count = maybe([&] { return number(); });
    }
    for (auto* bytes : {&workload.memory_current, &workload.memory_working_set}) {
      *bytes = maybe([&] { return Bytes{number()}; });
    }
    workload.cpu_max_millicores = maybe([&] { return maybe([&] { return number(); }); });
    workload.memory_max = maybe([&] { return maybe([&] { return Bytes{number()}; }); });
    workload.memory_high = maybe([&] { return maybe([&] { return Bytes{number()}; }); });
    return workload;
  }
  ProcessSample process_sample() {
    return {.process = process(),
            .time = boot_time(),
            .cgroup_id = number(),
            .comm = text(),
            .cpu = duration(),
            .rss = {number()},
            .threads = small_number(),
            .read_bytes = {number()},
            .written_bytes = {number()},
            .minor_faults = number(),
            .major_faults = number()};
  }
  CommandUse command_use() {
    return {.cgroup_id = number(),
            .cgroup = text(),
            .signature = text(),
            .running = small_number(),
            .ended = small_number(),
            .failed = small_number(),
            .withheld = small_number(),
            .cpu = duration(),
            .rss = {number()},
            .read_bytes = {number()},
            .written_bytes = {number()},
            .minor_faults = number(),
            .major_faults = number()};
  }
  ExecStorm storm() {
    return {.cgroup_id = number(),
            .cgroup = text(),
            .began = boot_time(),
            .ended = maybe([this] { return boot_time(); }),
            .withheld = number()};
  }
  AgentUse agent_use() {
    return {.cpu = duration(),
            .rss = {number()},
            .saving = flag() ? Saving::samples : Saving::single_commands};
  }
  WorkloadTraffic traffic() {
    WorkloadTraffic traffic{.cgroup_id = number(),
                            .cgroup = text(),
                            .received = {number()},
                            .sent = {number()},
                            .accepted = number(),
                            .connected = number(),
                            .served_usec_log2 = {}};
    for (auto n = size(); n > 0; --n) traffic.served_usec_log2.push_back(number());
    return traffic;
  }
  CgroupTarget target() { return {.path = text(), .id = number()}; }
  Knob knob() { return static_cast<Knob>(random_() % 5); }
  KnobValue knob_value() {
    return maybe([&] { return number(); });
  }
  ActionOutcome outcome() {
    return {.command_id = number(),
            .decision_id = number(),
            .status = static_cast<ActionStatus>(random_() % 5),
            .refusal = static_cast<Refusal>(random_() % 12),
            .detail = text(),
            .target = target(),
            .knob = knob(),
            .before = knob_value(),
            .requested = knob_value(),
            .after = knob_value(),
            .time = wall_time(),
            .cause = static_cast<ActionCause>(random_() % 4),
            .reaction = maybe([&] { return duration(); })};
  }
  Reflex reflex() {
    return {.decision_id = number(),
            .name = text(),
            .signature = text(),
            .base_names = {text(), text()},
            .adjustment = {.target = target(), .knob = knob(), .value = knob_value()},
            .window = duration(),
            .expires = wall_time(),
            .dry_run = flag()};
  }
  ReflexState reflex_state() {
    return {.reflex = reflex(),
            .fired = number(),
            .extended = number(),
            .needless = number(),
            .suppressed = number(),
            .failed = number(),
            .last_fired = maybe([&] { return wall_time(); }),
            .last_reaction = maybe([&] { return duration(); }),
            .active_until = maybe([&] { return wall_time(); }),
            .base = knob_value()};
  }
  Report report() {
    Report report;
    report.boot_id = {id()};
    report.host_name = text();
    report.agent_version = text();
    report.period_start = boot_time();
    report.period_end = boot_time();
    report.wall_minus_boot = flag() ? duration() : -duration();
    for (auto n = size(); n > 0; --n) report.executions.push_back(execution());
    report.samples.host = maybe([&] { return host(); });
    for (auto n = size(); n > 0; --n) report.samples.workloads.push_back(workload());
    for (auto n = size(); n > 0; --n) report.samples.processes.push_back(process_sample());
    report.samples.process_count = small_number();
    for (auto n = size(); n > 0; --n) {
      report.losses.push_back({.hop = static_cast<Hop>(random_() % 7), .count = number()});
    }
    for (auto n = size(); n > 0; --n) report.outcomes.push_back(outcome());
    for (auto n = size(); n > 0; --n) report.samples.commands.push_back(command_use());
    for (auto n = size(); n > 0; --n) report.samples.traffic.push_back(traffic());
    report.agent = maybe([this] { return agent_use(); });
    for (auto n = size(); n > 0; --n) report.storms.push_back(storm());
    for (auto n = size(); n > 0; --n) report.reflexes.push_back(reflex_state());
    for (auto n = size(); n > 0; --n) {
      report.app_metrics.push_back(
          {.name = text(),
           .labels = text(),
           .kind = AppMetricKind(random_() % 5),
           .time = boot_time(),
           .value = static_cast<double>(small_number()) / 7,
           .distribution = maybe([&] {
             return Distribution{
                 .count = number(), .sum = 1.5, .p50 = 2, .p90 = 3, .p99 = 4, .max = 5};
           })});
    }
    report.upcoming = maybe([&] {
      std::vector<UpcomingCommand> commands;
      for (auto n = size(); n > 0; --n) {
        commands.push_back({.time = wall_time(),
                            .source = ScheduleSource(random_() % 4),
                            .name = text(),
                            .user = text(),
                            .command = text(),
                            .period = duration()});
      }
      return commands;
    });
    for (auto n = size(); n > 0; --n) {
      report.identities.push_back({.cgroup = text(),
                                   .unit = text(),
                                   .slice = text(),
                                   .container_runtime = text(),
                                   .container_id = text(),
                                   .container_name = text(),
                                   .pod = text()});
    }
    for (auto n = size(); n > 0; --n) report.binaries.push_back(binary());
    return report;
  }

  Hello hello() {
    return {.protocol = static_cast<std::uint16_t>(number()),
            .host_name = text(),
            .agent_version = text(),
            .boot_id = {id()},
            .incarnation = {id()},
            .highest_epoch = number()};
  }
  Batch batch() {
    Batch batch{.incarnation = {id()}, .sequence = number(), .payload = {}};
    for (auto n = size() * 50; n > 0; --n)
      batch.payload.push_back(static_cast<std::byte>(random_()));
    return batch;
  }
  UrgentExec urgent() {
    return {.boot_id = {id()}, .wall_minus_boot = duration(), .execution = execution()};
  }
  Welcome welcome() {
    return {.protocol = static_cast<std::uint16_t>(number()),
            .coordinator_version = text(),
            .epoch = number(),
            .time = wall_time()};
  }
  Ack ack() {
    Ack ack{.incarnation = {id()}, .sequences = {}};
    for (auto n = size(); n > 0; --n) ack.sequences.push_back(number());
    return ack;
  }
  Command command() {
    Command command{.id = number(),
                    .decision_id = number(),
                    .epoch = number(),
                    .issued = wall_time(),
                    .expires = wall_time(),
                    .body = {}};
    if (flag()) {
      command.body = flag() ? decltype(command.body)(ArmReflex{.reflex = reflex()})
                            : DisarmReflex{.decision_id = number()};
    } else if (flag()) {
      command.body = Adjustment{.target = target(), .knob = knob(), .value = knob_value()};
    } else {
      command.body = Restoration{.target = target(), .knob = knob()};
    }
    return command;
  }
  WatchList watch_list() {
    WatchList list{.version = number(), .base_names = {}, .signatures = {}, .rules = {}};
    for (auto n = size(); n > 0; --n) list.base_names.push_back(text());
    for (auto n = size(); n > 0; --n) list.signatures.push_back(text());
    for (auto n = size(); n > 0; --n) list.rules.push_back({text(), text(), text()});
    return list;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace foreshock
