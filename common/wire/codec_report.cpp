#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "common/wire/codec.h"
#include "common/wire/codec_fields.h"
#include "common/wire/zstd_frame.h"

namespace foreshock {

namespace {

using wire::BuilderLease;
using wire::FieldReader;
using wire::from_wire;
using wire::SharedTexts;
using wire::to_wire;
namespace fb = flatbuffers;
using Builder = fb::FlatBufferBuilder;

/// Room for executions in one payload: half of what a decoder accepts leaves the other half to
/// samples and tables.
constexpr std::size_t kMaxExecutionBytes = kMaxReportBytes / 2;

template <typename Table, typename Values, typename Write>
fb::Offset<fb::Vector<fb::Offset<Table>>> write_all(Builder& builder, const Values& values,
                                                    Write write) {
  if (values.empty()) return {};
  std::vector<fb::Offset<Table>> offsets;
  offsets.reserve(values.size());
  for (const auto& value : values) offsets.push_back(write(builder, value));
  return builder.CreateVector(offsets);
}

template <typename Value, typename Table, typename Read>
std::vector<Value> read_all(FieldReader& reader, const fb::Vector<fb::Offset<Table>>* tables,
                            Read read) {
  std::vector<Value> values;
  if (!tables || !reader.charge(tables->size() * sizeof(Value))) return values;
  values.reserve(tables->size());
  for (const Table* table : *tables) {
    values.push_back(read(reader, *table));
    if (reader.fault()) break;
  }
  return values;
}

// Absent and "no limit" are two things: a missing field, and one that says unlimited.
schema::KnobValue write_limit(const std::optional<std::uint64_t>& limit) {
  return wire::write_knob_value(limit);
}
schema::KnobValue write_limit(const std::optional<Bytes>& limit) {
  return wire::write_knob_value(limit ? KnobValue(limit->count) : std::nullopt);
}

template <typename Limit, typename Add>
void add_limit(const std::optional<Limit>& limit, Add add) {
  if (!limit) return;
  const auto field = write_limit(*limit);
  add(&field);
}

template <typename T>
std::optional<std::optional<T>> read_limit(const schema::KnobValue* field) {
  if (!field) return std::nullopt;
  const KnobValue value = wire::read_knob_value(*field);
  return value ? std::optional<T>(T{*value}) : std::optional<T>();
}

fb::Optional<std::uint64_t> write_optional(const std::optional<Nanoseconds>& duration) {
  if (!duration) return fb::nullopt;
  return to_wire(*duration);
}

std::optional<Bytes> read_bytes(fb::Optional<std::uint64_t> count) {
  return count ? std::optional(Bytes{*count}) : std::nullopt;
}
std::optional<std::uint64_t> read_count(fb::Optional<std::uint64_t> count) {
  return count ? std::optional(*count) : std::nullopt;
}

fb::Offset<schema::DiskSample> write_disk(Builder& builder, const DiskSample& disk) {
  const auto name = wire::write_shared_text(builder, disk.name);
  return schema::CreateDiskSample(builder, name, disk.reads, disk.writes, disk.read.count,
                                  disk.written.count, to_wire(disk.busy), disk.in_flight);
}

DiskSample read_disk(FieldReader& reader, const schema::DiskSample& table) {
  return {.name = reader.text(table.name()),
          .reads = table.reads(),
          .writes = table.writes(),
          .read = {table.read_bytes()},
          .written = {table.written_bytes()},
          .busy = reader.duration(table.busy_ns()),
          .in_flight = table.in_flight()};
}

fb::Offset<schema::InterfaceSample> write_interface(Builder& builder,
                                                    const InterfaceSample& interface) {
  const auto name = wire::write_shared_text(builder, interface.name);
  return schema::CreateInterfaceSample(builder, name, interface.received.count,
                                       interface.sent.count, interface.received_packets,
                                       interface.sent_packets, interface.errors, interface.drops);
}

InterfaceSample read_interface(FieldReader& reader, const schema::InterfaceSample& table) {
  return {.name = reader.text(table.name()),
          .received = {table.received_bytes()},
          .sent = {table.sent_bytes()},
          .received_packets = table.received_packets(),
          .sent_packets = table.sent_packets(),
          .errors = table.errors(),
          .drops = table.drops()};
}

fb::Offset<schema::HostSample> write_host(Builder& builder, const HostSample& host) {
  const auto disks = write_all<schema::DiskSample>(builder, host.disks, write_disk);
  const auto interfaces =
      write_all<schema::InterfaceSample>(builder, host.interfaces, write_interface);
  schema::HostSampleBuilder table(builder);
  table.add_boot_ns(to_wire(host.time));
  table.add_cpu_count(host.cpu_count);
  table.add_cpu_user_ns(to_wire(host.cpu_user));
  table.add_cpu_nice_ns(to_wire(host.cpu_nice));
  table.add_cpu_system_ns(to_wire(host.cpu_system));
  table.add_cpu_idle_ns(to_wire(host.cpu_idle));
  table.add_cpu_iowait_ns(to_wire(host.cpu_iowait));
  table.add_cpu_irq_ns(to_wire(host.cpu_irq));
  table.add_cpu_softirq_ns(to_wire(host.cpu_softirq));
  table.add_cpu_steal_ns(to_wire(host.cpu_steal));
  table.add_memory_total_bytes(host.memory_total.count);
  table.add_memory_available_bytes(host.memory_available.count);
  table.add_swap_total_bytes(host.swap_total.count);
  table.add_swap_free_bytes(host.swap_free.count);
  table.add_load1_permille(host.load1_permille);
  if (host.cpu_pressure) table.add_cpu_pressure_ns(to_wire(*host.cpu_pressure));
  if (host.memory_pressure) table.add_memory_pressure_ns(to_wire(*host.memory_pressure));
  if (host.io_pressure) table.add_io_pressure_ns(to_wire(*host.io_pressure));
  table.add_disks(disks);
  table.add_interfaces(interfaces);
  return table.Finish();
}

HostSample read_host(FieldReader& reader, const schema::HostSample& table) {
  HostSample host;
  host.time = reader.boot_time(table.boot_ns());
  host.cpu_count = table.cpu_count();
  host.cpu_user = reader.duration(table.cpu_user_ns());
  host.cpu_nice = reader.duration(table.cpu_nice_ns());
  host.cpu_system = reader.duration(table.cpu_system_ns());
  host.cpu_idle = reader.duration(table.cpu_idle_ns());
  host.cpu_iowait = reader.duration(table.cpu_iowait_ns());
  host.cpu_irq = reader.duration(table.cpu_irq_ns());
  host.cpu_softirq = reader.duration(table.cpu_softirq_ns());
  host.cpu_steal = reader.duration(table.cpu_steal_ns());
  host.memory_total = {table.memory_total_bytes()};
  host.memory_available = {table.memory_available_bytes()};
  host.swap_total = {table.swap_total_bytes()};
  host.swap_free = {table.swap_free_bytes()};
  host.load1_permille = table.load1_permille();
  host.cpu_pressure = reader.duration(table.cpu_pressure_ns());
  host.memory_pressure = reader.duration(table.memory_pressure_ns());
  host.io_pressure = reader.duration(table.io_pressure_ns());
  host.disks = read_all<DiskSample>(reader, table.disks(), read_disk);
  host.interfaces = read_all<InterfaceSample>(reader, table.interfaces(), read_interface);
  return host;
}

fb::Offset<schema::WorkloadSample> write_workload(Builder& builder,
                                                  const WorkloadSample& workload) {
  const auto cgroup = builder.CreateSharedString(workload.cgroup);

  schema::WorkloadSampleBuilder table(builder);
  table.add_cgroup(cgroup);
  table.add_cgroup_id(workload.cgroup_id);
  table.add_boot_ns(to_wire(workload.time));
  if (workload.cpu_usage) table.add_cpu_usage_ns(to_wire(*workload.cpu_usage));
  if (workload.cpu_throttled) table.add_cpu_throttled_ns(to_wire(*workload.cpu_throttled));
  if (workload.throttled_periods) table.add_throttled_periods(*workload.throttled_periods);
  add_limit(workload.cpu_max_millicores,
            [&](const auto* field) { table.add_cpu_max_millicores(field); });
  if (workload.memory_current) table.add_memory_current_bytes(workload.memory_current->count);
  if (workload.memory_working_set)
    table.add_memory_working_set_bytes(workload.memory_working_set->count);
  add_limit(workload.memory_max, [&](const auto* field) { table.add_memory_max_bytes(field); });
  add_limit(workload.memory_high, [&](const auto* field) { table.add_memory_high_bytes(field); });
  if (workload.oom_kills) table.add_oom_kills(*workload.oom_kills);
  if (workload.process_count) table.add_process_count(*workload.process_count);
  if (workload.cpu_pressure) table.add_cpu_pressure_ns(to_wire(*workload.cpu_pressure));
  if (workload.memory_pressure) table.add_memory_pressure_ns(to_wire(*workload.memory_pressure));
  return table.Finish();
}

WorkloadSample read_workload(FieldReader& reader, const schema::WorkloadSample& table) {
  WorkloadSample workload;
  workload.cgroup = reader.text(table.cgroup());
  workload.cgroup_id = table.cgroup_id();
  workload.time = reader.boot_time(table.boot_ns());
  workload.cpu_usage = reader.duration(table.cpu_usage_ns());
  workload.cpu_throttled = reader.duration(table.cpu_throttled_ns());
  workload.throttled_periods = read_count(table.throttled_periods());
  workload.cpu_max_millicores = read_limit<std::uint64_t>(table.cpu_max_millicores());
  workload.memory_current = read_bytes(table.memory_current_bytes());
  workload.memory_working_set = read_bytes(table.memory_working_set_bytes());
  workload.memory_max = read_limit<Bytes>(table.memory_max_bytes());
  workload.memory_high = read_limit<Bytes>(table.memory_high_bytes());
  workload.oom_kills = read_count(table.oom_kills());
  workload.process_count = read_count(table.process_count());
  workload.cpu_pressure = reader.duration(table.cpu_pressure_ns());
  workload.memory_pressure = reader.duration(table.memory_pressure_ns());
  return workload;
}

fb::Offset<schema::ProcessSample> write_process_sample(Builder& builder,
                                                       const ProcessSample& sample) {
  const auto process = wire::write_process(sample.process);
  const auto comm = wire::write_shared_text(builder, sample.comm);
  return schema::CreateProcessSample(builder, &process, to_wire(sample.time), sample.cgroup_id,
                                     comm, to_wire(sample.cpu), sample.rss.count, sample.threads,
                                     sample.read_bytes.count, sample.written_bytes.count,
                                     sample.minor_faults, sample.major_faults);
}

ProcessSample read_process_sample(FieldReader& reader, const schema::ProcessSample& table) {
  return {.process = wire::read_process(reader, *table.process()),
          .time = reader.boot_time(table.boot_ns()),
          .cgroup_id = table.cgroup_id(),
          .comm = reader.text(table.comm()),
          .cpu = reader.duration(table.cpu_ns()),
          .rss = {table.rss_bytes()},
          .threads = table.threads(),
          .read_bytes = {table.read_bytes()},
          .written_bytes = {table.written_bytes()},
          .minor_faults = table.minor_faults(),
          .major_faults = table.major_faults()};
}

fb::Offset<schema::CommandUse> write_command_use(Builder& builder, const CommandUse& use) {
  const auto cgroup = wire::write_shared_text(builder, use.cgroup);
  const auto signature = wire::write_shared_text(builder, use.signature);
  return schema::CreateCommandUse(builder, use.cgroup_id, cgroup, signature, use.running, use.ended,
                                  to_wire(use.cpu), use.rss.count, use.read_bytes.count,
                                  use.written_bytes.count, use.minor_faults, use.major_faults,
                                  use.failed, use.withheld);
}

CommandUse read_command_use(FieldReader& reader, const schema::CommandUse& table) {
  return {.cgroup_id = table.cgroup_id(),
          .cgroup = reader.text(table.cgroup()),
          .signature = reader.text(table.signature()),
          .running = table.running(),
          .ended = table.ended(),
          .failed = table.failed(),
          .withheld = table.withheld(),
          .cpu = reader.duration(table.cpu_ns()),
          .rss = {table.rss_bytes()},
          .read_bytes = {table.read_bytes()},
          .written_bytes = {table.written_bytes()},
          .minor_faults = table.minor_faults(),
          .major_faults = table.major_faults()};
}

fb::Offset<schema::ExecStorm> write_storm(Builder& builder, const ExecStorm& storm) {
  const auto cgroup = wire::write_shared_text(builder, storm.cgroup);
  return schema::CreateExecStorm(
      builder, storm.cgroup_id, cgroup, to_wire(storm.began),
      storm.ended ? fb::Optional<std::uint64_t>(to_wire(*storm.ended)) : fb::nullopt,
      storm.withheld);
}

ExecStorm read_storm(FieldReader& reader, const schema::ExecStorm& table) {
  ExecStorm storm{.cgroup_id = table.cgroup_id(),
                  .cgroup = reader.text(table.cgroup()),
                  .began = reader.boot_time(table.began_boot_ns()),
                  .ended = std::nullopt,
                  .withheld = table.withheld()};
  if (const auto ended = table.ended_boot_ns()) storm.ended = reader.boot_time(*ended);
  return storm;
}

fb::Offset<schema::AgentUse> write_agent_use(Builder& builder, const AgentUse& use) {
  return schema::CreateAgentUse(builder, to_wire(use.cpu), use.rss.count,
                                static_cast<schema::Saving>(use.saving));
}

AgentUse read_agent_use(FieldReader& reader, const schema::AgentUse& table) {
  // A step that only a later agent knows goes further than all that are known.
  const auto saving = std::min(table.saving(), schema::Saving::MAX);
  return {.cpu = reader.duration(table.cpu_ns()),
          .rss = {table.rss_bytes()},
          .saving = static_cast<Saving>(saving)};
}

constexpr std::size_t kMaxServedItems = 64;

fb::Offset<schema::WorkloadTraffic> write_traffic(Builder& builder,
                                                  const WorkloadTraffic& traffic) {
  const auto cgroup = wire::write_shared_text(builder, traffic.cgroup);
  const auto served = traffic.served_usec_log2.empty()
                          ? fb::Offset<fb::Vector<std::uint64_t>>()
                          : builder.CreateVector(traffic.served_usec_log2);
  return schema::CreateWorkloadTraffic(builder, traffic.cgroup_id, cgroup, traffic.received.count,
                                       traffic.sent.count, traffic.accepted, traffic.connected,
                                       served);
}

WorkloadTraffic read_traffic(FieldReader& reader, const schema::WorkloadTraffic& table) {
  WorkloadTraffic traffic{.cgroup_id = table.cgroup_id(),
                          .cgroup = reader.text(table.cgroup()),
                          .received = {table.received_bytes()},
                          .sent = {table.sent_bytes()},
                          .accepted = table.accepted(),
                          .connected = table.connected(),
                          .served_usec_log2 = {}};
  if (table.served() && reader.charge(table.served()->size() * sizeof(std::uint64_t))) {
    const std::size_t items = std::min<std::size_t>(table.served()->size(), kMaxServedItems);
    for (fb::uoffset_t i = 0; i < items; ++i)
      traffic.served_usec_log2.push_back(table.served()->Get(i));
  }
  return traffic;
}

fb::Offset<schema::Loss> write_loss(Builder& builder, const Loss& loss) {
  return schema::CreateLoss(builder, static_cast<schema::Hop>(loss.hop), loss.count);
}

Loss read_loss(FieldReader&, const schema::Loss& table) {
  const bool known = table.hop() <= schema::Hop::MAX;
  return {.hop = known ? static_cast<Hop>(table.hop()) : Hop::unknown, .count = table.count()};
}

fb::Offset<schema::ActionOutcome> write_outcome(Builder& builder, const ActionOutcome& outcome) {
  const auto detail = wire::write_text(builder, outcome.detail);
  const auto target = wire::write_target(builder, outcome.target);
  const auto before = wire::write_knob_value(outcome.before);
  const auto requested = wire::write_knob_value(outcome.requested);
  const auto after = wire::write_knob_value(outcome.after);
  return schema::CreateActionOutcome(
      builder, outcome.command_id, outcome.decision_id,
      static_cast<schema::ActionStatus>(outcome.status),
      static_cast<schema::Refusal>(outcome.refusal), detail, target, to_wire(outcome.knob), &before,
      &requested, &after, to_ns(outcome.time), static_cast<schema::ActionCause>(outcome.cause),
      write_optional(outcome.reaction));
}

ActionOutcome read_outcome(FieldReader& reader, const schema::ActionOutcome& table) {
  ActionOutcome outcome;
  outcome.command_id = table.command_id();
  outcome.decision_id = table.decision_id();
  const bool known_status = table.status() <= schema::ActionStatus::MAX;
  outcome.status = known_status ? static_cast<ActionStatus>(table.status()) : ActionStatus::unknown;
  const bool known_refusal = table.refusal() <= schema::Refusal::MAX;
  outcome.refusal = known_refusal ? static_cast<Refusal>(table.refusal()) : Refusal::malformed;
  outcome.detail = reader.text(table.detail());
  outcome.target = wire::read_target(reader, *table.target());
  outcome.knob = from_wire(table.knob());
  outcome.before = wire::read_knob_value(*table.before());
  outcome.requested = wire::read_knob_value(*table.requested());
  outcome.after = wire::read_knob_value(*table.after());
  outcome.time = reader.wall_time(table.wall_ns());
  const bool known_cause = table.cause() <= schema::ActionCause::MAX;
  outcome.cause = known_cause ? static_cast<ActionCause>(table.cause()) : ActionCause::command;
  outcome.reaction = reader.duration(table.reaction_ns());
  return outcome;
}

fb::Offset<schema::ReflexState> write_reflex_state(Builder& builder, const ReflexState& state) {
  const auto reflex = wire::write_reflex(builder, state.reflex);
  const auto base = wire::write_knob_value(state.base);
  schema::ReflexStateBuilder table(builder);
  table.add_reflex(reflex);
  table.add_fired(state.fired);
  table.add_extended(state.extended);
  table.add_needless(state.needless);
  table.add_suppressed(state.suppressed);
  table.add_failed(state.failed);
  if (state.last_fired) table.add_last_fired_wall_ns(to_ns(*state.last_fired));
  if (state.last_reaction) table.add_last_reaction_ns(to_wire(*state.last_reaction));
  if (state.active_until) table.add_active_until_wall_ns(to_ns(*state.active_until));
  table.add_base(&base);
  return table.Finish();
}

ReflexState read_reflex_state(FieldReader& reader, const schema::ReflexState& table) {
  return {.reflex = wire::read_reflex(reader, *table.reflex()),
          .fired = table.fired(),
          .extended = table.extended(),
          .needless = table.needless(),
          .suppressed = table.suppressed(),
          .failed = table.failed(),
          .last_fired = reader.wall_time(table.last_fired_wall_ns()),
          .last_reaction = reader.duration(table.last_reaction_ns()),
          .active_until = reader.wall_time(table.active_until_wall_ns()),
          .base = wire::read_knob_value(*table.base())};
}

fb::Offset<schema::WorkloadIdentity> write_identity(Builder& builder,
                                                    const WorkloadIdentity& identity) {
  const auto cgroup = builder.CreateSharedString(identity.cgroup);
  const auto unit = wire::write_shared_text(builder, identity.unit);
  const auto slice = wire::write_shared_text(builder, identity.slice);
  const auto runtime = wire::write_shared_text(builder, identity.container_runtime);
  const auto id = wire::write_shared_text(builder, identity.container_id);
  const auto name = wire::write_shared_text(builder, identity.container_name);
  const auto pod = wire::write_shared_text(builder, identity.pod);
  return schema::CreateWorkloadIdentity(builder, cgroup, unit, slice, runtime, id, name, pod);
}

WorkloadIdentity read_identity(FieldReader& reader, const schema::WorkloadIdentity& table) {
  return {.cgroup = reader.text(table.cgroup()),
          .unit = reader.text(table.unit()),
          .slice = reader.text(table.slice()),
          .container_runtime = reader.text(table.container_runtime()),
          .container_id = reader.text(table.container_id()),
          .container_name = reader.text(table.container_name()),
          .pod = reader.text(table.pod())};
}

/// `executions` are those of the report; its own are not looked at.
fb::Offset<schema::Report> write_report(
    Builder& builder, const Report& report,
    const std::vector<fb::Offset<schema::Execution>>& written_executions) {
  const auto boot_id = to_wire(report.boot_id.value);
  const auto host_name = builder.CreateString(report.host_name);
  const auto agent_version = wire::write_text(builder, report.agent_version);
  const auto executions = written_executions.empty()
                              ? fb::Offset<fb::Vector<fb::Offset<schema::Execution>>>()
                              : builder.CreateVector(written_executions);
  const auto host = report.samples.host ? write_host(builder, *report.samples.host)
                                        : fb::Offset<schema::HostSample>();
  const auto workloads =
      write_all<schema::WorkloadSample>(builder, report.samples.workloads, write_workload);
  const auto processes =
      write_all<schema::ProcessSample>(builder, report.samples.processes, write_process_sample);
  const auto losses = write_all<schema::Loss>(builder, report.losses, write_loss);
  const auto outcomes = write_all<schema::ActionOutcome>(builder, report.outcomes, write_outcome);
  const auto command_uses =
      write_all<schema::CommandUse>(builder, report.samples.commands, write_command_use);
  const auto traffic =
      write_all<schema::WorkloadTraffic>(builder, report.samples.traffic, write_traffic);
  const auto identities =
      write_all<schema::WorkloadIdentity>(builder, report.identities, write_identity);
  const auto reflexes =
      write_all<schema::ReflexState>(builder, report.reflexes, write_reflex_state);
  const auto app_metrics =
      write_all<schema::AppMetric>(builder, report.app_metrics, wire::write_app_metric);
  const auto binaries = write_all<schema::Binary>(builder, report.binaries, wire::write_binary);
  const auto storms = write_all<schema::ExecStorm>(builder, report.storms, write_storm);
  const auto agent =
      report.agent ? write_agent_use(builder, *report.agent) : fb::Offset<schema::AgentUse>();
  fb::Offset<schema::Upcoming> upcoming;
  if (report.upcoming) {
    const auto commands =
        write_all<schema::UpcomingCommand>(builder, *report.upcoming, wire::write_upcoming);
    upcoming = schema::CreateUpcoming(builder, commands);
  }
  return schema::CreateReport(
      builder, &boot_id, host_name, agent_version, to_wire(report.period_start),
      to_wire(report.period_end), report.wall_minus_boot.count(), executions, host, workloads,
      processes, report.samples.process_count, losses, outcomes, identities, reflexes, app_metrics,
      upcoming, command_uses, traffic, storms, agent, binaries);
}

Report read_report(FieldReader& reader, const schema::Report& table) {
  Report report;
  report.boot_id = {from_wire(*table.boot_id())};
  report.host_name = reader.text(table.host_name());
  report.agent_version = reader.text(table.agent_version());
  report.period_start = reader.boot_time(table.period_start_boot_ns());
  report.period_end = reader.boot_time(table.period_end_boot_ns());
  report.wall_minus_boot = reader.signed_duration(table.wall_minus_boot_ns());
  report.executions = read_all<Execution>(reader, table.executions(), wire::read_execution);
  if (table.host()) report.samples.host = read_host(reader, *table.host());
  report.samples.workloads = read_all<WorkloadSample>(reader, table.workloads(), read_workload);
  report.samples.processes =
      read_all<ProcessSample>(reader, table.processes(), read_process_sample);
  report.samples.process_count = table.process_count();
  report.losses = read_all<Loss>(reader, table.losses(), read_loss);
  report.outcomes = read_all<ActionOutcome>(reader, table.outcomes(), read_outcome);
  report.reflexes = read_all<ReflexState>(reader, table.reflexes(), read_reflex_state);
  report.identities = read_all<WorkloadIdentity>(reader, table.identities(), read_identity);
  report.binaries = read_all<BinaryProfile>(reader, table.binaries(), wire::read_binary);
  report.app_metrics = read_all<AppMetric>(reader, table.app_metrics(), wire::read_app_metric);
  if (table.upcoming()) {
    report.upcoming =
        read_all<UpcomingCommand>(reader, table.upcoming()->commands(), wire::read_upcoming);
  }
  report.samples.commands = read_all<CommandUse>(reader, table.commands(), read_command_use);
  report.samples.traffic = read_all<WorkloadTraffic>(reader, table.traffic(), read_traffic);
  if (table.agent()) report.agent = read_agent_use(reader, *table.agent());
  report.storms = read_all<ExecStorm>(reader, table.storms(), read_storm);
  return report;
}

/// Upper bound of what an execution adds to an encoded report: its table, its strings, their
/// padding.
std::size_t encoded_bytes(const Execution& execution) {
  constexpr std::size_t kTables = 448;
  return kTables + execution.cgroup.size() + execution.facts.comm.size() +
         execution.filename.size() + execution.argv.words.size() + execution.cwd.size() +
         execution.tty.size() + execution.ancestry.size();
}

ByteBuffer finish_report(Builder& builder, const Report& report,
                         const std::vector<fb::Offset<schema::Execution>>& written_executions) {
  schema::FinishReportBuffer(builder, write_report(builder, report, written_executions));
  return compress(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
}

}  // namespace

ByteBuffer encode_report(const Report& report) {
  const BuilderLease builder;
  SharedTexts texts;
  std::vector<fb::Offset<schema::Execution>> executions;
  executions.reserve(report.executions.size());
  for (const auto& execution : report.executions)
    executions.push_back(wire::write_execution(*builder, texts, execution));
  return finish_report(*builder, report, executions);
}

/// What one payload will hold.
struct ReportWriter::Part {
  Builder builder{wire::kKeptBuilderBytes};
  SharedTexts texts;
  std::vector<fb::Offset<schema::Execution>> executions;
  std::size_t bytes = 0;  ///< of the executions, at most

  void clear() {
    wire::clear(builder);
    texts.clear();
    executions.clear();
    bytes = 0;
  }
};

ReportWriter::ReportWriter() {
  parts_.push_back(std::make_unique<Part>());
}

ReportWriter::~ReportWriter() = default;

void ReportWriter::add(const Execution& execution) {
  const std::size_t bytes = encoded_bytes(execution);
  if (parts_.back()->bytes + bytes > kMaxExecutionBytes && !parts_.back()->executions.empty())
    parts_.push_back(std::make_unique<Part>());
  Part& part = *parts_.back();
  part.executions.push_back(wire::write_execution(part.builder, part.texts, execution));
  part.bytes += bytes;
  ++executions_;
}

std::vector<ByteBuffer> ReportWriter::finish(Report report) {
  FS_ASSERT(report.executions.empty());
  std::vector<ByteBuffer> payloads;
  for (const auto& part : parts_) {
    payloads.push_back(finish_report(part->builder, report, part->executions));
    // Everything else travels once.
    report.samples = {};
    report.losses.clear();
    report.outcomes.clear();
    report.reflexes.clear();
    report.identities.clear();
    report.binaries.clear();
    report.app_metrics.clear();
    report.upcoming.reset();
  }
  parts_.resize(1);
  parts_.front()->clear();
  executions_ = 0;
  return payloads;
}

Result<Report> decode_report(ByteView payload) {
  FS_TRY(const ByteBuffer bytes, decompress(payload, kMaxReportBytes));
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  fb::Verifier verifier(data, bytes.size(), wire::kMaxDepth, wire::kMaxTables);
  if (!schema::VerifyReportBuffer(verifier))
    return Error(ErrorCode::corrupt, "decode report: not a sound report");
  FieldReader reader;
  Report report = read_report(reader, *schema::GetReport(data));
  if (reader.fault())
    return Error(ErrorCode::corrupt, fmt::format("decode report: {}", *reader.fault()));
  return report;
}

}  // namespace foreshock
