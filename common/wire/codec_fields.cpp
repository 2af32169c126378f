#include "common/wire/codec_fields.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace foreshock::wire {

namespace {

constexpr std::int64_t kMaxNanoseconds = std::int64_t{1} << 62;
/// The kernel's own word for "nobody logged in".
constexpr std::uint32_t kNoLogin = 4294967295U;

std::optional<std::uint32_t> read_login(std::uint32_t id) {
  return id == kNoLogin ? std::nullopt : std::optional(id);
}

schema::ResourceUse write_use(const ResourceUse& use) {
  return {to_wire(use.cpu),   to_wire(use.user),      to_wire(use.system),
          use.peak_rss.count, use.read_bytes.count,   use.written_bytes.count,
          use.read_calls,     use.write_calls,        use.minor_faults,
          use.major_faults,   use.voluntary_switches, use.involuntary_switches};
}

ResourceUse read_use(FieldReader& reader, const schema::ResourceUse& use) {
  return {.cpu = reader.duration(use.cpu_ns()),
          .user = reader.duration(use.user_ns()),
          .system = reader.duration(use.system_ns()),
          .peak_rss = {use.peak_rss_bytes()},
          .read_bytes = {use.read_bytes()},
          .written_bytes = {use.written_bytes()},
          .read_calls = use.read_calls(),
          .write_calls = use.write_calls(),
          .minor_faults = use.minor_faults(),
          .major_faults = use.major_faults(),
          .voluntary_switches = use.voluntary_switches(),
          .involuntary_switches = use.involuntary_switches()};
}

fb::Offset<schema::ExecutionEnd> write_end(fb::FlatBufferBuilder& builder,
                                           const ExecutionEnd& end) {
  const auto use = write_use(end.use);
  schema::ExecutionEndBuilder table(builder);
  table.add_boot_ns(to_wire(end.time));
  table.add_wait_status(end.wait_status);
  table.add_use(&use);
  table.add_use_unknown(!end.use_known);
  if (end.connections) table.add_connections(*end.connections);
  return table.Finish();
}

ExecutionEnd read_end(FieldReader& reader, const schema::ExecutionEnd& end) {
  const auto connections = end.connections();
  return {.time = reader.boot_time(end.boot_ns()),
          .wait_status = end.wait_status(),
          .use = read_use(reader, *end.use()),
          .use_known = !end.use_unknown(),
          .connections = connections ? std::optional(*connections) : std::nullopt};
}

fb::Offset<schema::UseSoFar> write_so_far(fb::FlatBufferBuilder& builder, const UseSoFar& so_far) {
  const auto use = write_use(so_far.use);
  return schema::CreateUseSoFar(builder, to_wire(so_far.time), &use);
}

UseSoFar read_so_far(FieldReader& reader, const schema::UseSoFar& so_far) {
  return {.time = reader.boot_time(so_far.boot_ns()), .use = read_use(reader, *so_far.use())};
}

}  // namespace

void clear(fb::FlatBufferBuilder& builder) {
  if (builder.GetSize() > kKeptBuilderBytes) {
    builder.Reset();
  } else {
    builder.Clear();
  }
}

BuilderLease::BuilderLease()
    : builder_([]() -> fb::FlatBufferBuilder& {
        thread_local fb::FlatBufferBuilder builder(kKeptBuilderBytes);
        return builder;
      }()) {}

BuilderLease::~BuilderLease() {
  clear(builder_);
}

/// By its length and its ends: a few that share them cost bytes, no more.
std::size_t SharedTexts::slot_of(std::string_view text) {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const std::size_t size = std::min(text.size(), sizeof first);
  std::memcpy(&first, text.data(), size);
  std::memcpy(&last, text.data() + text.size() - size, size);
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;  // the golden ratio's bits
  const std::uint64_t mixed = ((first * kMix) ^ last ^ text.size()) * kMix;
  return mixed >> (64 - kSlotBits);
}

fb::Offset<fb::String> SharedTexts::write(fb::FlatBufferBuilder& builder, std::string_view text) {
  if (text.empty()) return {};
  auto& kept = slots_[slot_of(text)];
  if (kept.IsNull() || fb::GetTemporaryPointer(builder, kept)->string_view() != text)
    kept = builder.CreateString(text.data(), text.size());
  return kept;
}

std::string FieldReader::text(const fb::String* string) {
  if (!string || !charge(string->size())) return {};
  return string->str();
}

std::vector<std::string> FieldReader::texts(const fb::Vector<fb::Offset<fb::String>>* strings) {
  std::vector<std::string> texts;
  if (!strings || !charge(strings->size() * sizeof(std::string))) return texts;
  texts.reserve(strings->size());
  for (const fb::String* string : *strings) {
    texts.push_back(text(string));
    if (fault()) break;
  }
  return texts;
}

Nanoseconds FieldReader::duration(std::uint64_t ns) {
  if (ns >= static_cast<std::uint64_t>(kMaxNanoseconds)) {
    fault_ = "time out of range";
    return {};
  }
  return Nanoseconds(static_cast<std::int64_t>(ns));
}

Nanoseconds FieldReader::signed_duration(std::int64_t ns) {
  if (ns <= -kMaxNanoseconds || ns >= kMaxNanoseconds) {
    fault_ = "time out of range";
    return {};
  }
  return Nanoseconds(ns);
}

std::optional<Nanoseconds> FieldReader::duration(fb::Optional<std::uint64_t> ns) {
  if (!ns) return std::nullopt;
  return duration(*ns);
}

std::optional<WallTime> FieldReader::wall_time(fb::Optional<std::int64_t> ns) {
  if (!ns) return std::nullopt;
  return wall_time(*ns);
}

bool FieldReader::charge(std::size_t bytes) {
  if (bytes > budget_) {
    fault_ = "unfolds to too many bytes";
    budget_ = 0;
    return false;
  }
  budget_ -= bytes;
  return true;
}

AlignedView::AlignedView(ByteView bytes) : view_(bytes) {
  constexpr std::size_t kAlignment = alignof(std::uint64_t);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment != 0) {
    copy_.assign(bytes.begin(), bytes.end());
    view_ = copy_;
  }
}

// A negative duration can only come from a clock gone wrong; one such value must not make the batch
// unreadable.
std::uint64_t to_wire(Nanoseconds duration) {
  return static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(duration.count(), 0, kMaxNanoseconds - 1));
}
std::uint64_t to_wire(BootTime time) {
  return to_wire(time.time_since_epoch());
}

schema::Id128 to_wire(const Id128& id) {
  return {id.high, id.low};
}
Id128 from_wire(const schema::Id128& id) {
  return {.high = id.high(), .low = id.low()};
}

schema::Knob to_wire(Knob knob) {
  return static_cast<schema::Knob>(knob);
}
Knob from_wire(schema::Knob knob) {
  return knob <= schema::Knob::MAX ? static_cast<Knob>(knob) : Knob::unknown;
}

fb::Offset<fb::String> write_text(fb::FlatBufferBuilder& builder, const std::string& text) {
  return text.empty() ? fb::Offset<fb::String>() : builder.CreateString(text);
}
fb::Offset<fb::String> write_shared_text(fb::FlatBufferBuilder& builder, const std::string& text) {
  return text.empty() ? fb::Offset<fb::String>() : builder.CreateSharedString(text);
}

schema::KnobValue write_knob_value(KnobValue value) {
  return {value.value_or(0), !value.has_value()};
}
KnobValue read_knob_value(const schema::KnobValue& value) {
  return value.unlimited() ? std::nullopt : KnobValue(value.value());
}

fb::Offset<schema::CgroupTarget> write_target(fb::FlatBufferBuilder& builder,
                                              const CgroupTarget& target) {
  return schema::CreateCgroupTarget(builder, builder.CreateSharedString(target.path), target.id);
}
CgroupTarget read_target(FieldReader& reader, const schema::CgroupTarget& target) {
  return {.path = reader.text(target.path()), .id = target.id()};
}

schema::ProcessKey write_process(const ProcessKey& process) {
  return {to_wire(process.start), process.pid};
}
ProcessKey read_process(FieldReader& reader, const schema::ProcessKey& process) {
  return {.pid = process.pid(), .start = reader.boot_time(process.start_boot_ns())};
}

fb::Offset<schema::Reflex> write_reflex(fb::FlatBufferBuilder& builder, const Reflex& reflex) {
  const auto name = write_text(builder, reflex.name);
  const auto signature = builder.CreateString(reflex.signature);
  const auto& base_names = reflex.base_names;
  const auto base_name =
      builder.CreateString(base_names.empty() ? std::string() : base_names.front());
  const auto more_base_names = builder.CreateVectorOfStrings(
      base_names.begin() + (base_names.empty() ? 0 : 1), base_names.end());
  const auto target = write_target(builder, reflex.adjustment.target);
  const auto value = write_knob_value(reflex.adjustment.value);
  return schema::CreateReflex(builder, reflex.decision_id, name, signature, base_name, target,
                              to_wire(reflex.adjustment.knob), &value, to_wire(reflex.window),
                              to_ns(reflex.expires), reflex.dry_run, more_base_names);
}

Reflex read_reflex(FieldReader& reader, const schema::Reflex& reflex) {
  std::vector<std::string> base_names = {reader.text(reflex.base_name())};
  std::ranges::move(reader.texts(reflex.more_base_names()), std::back_inserter(base_names));
  return {.decision_id = reflex.decision_id(),
          .name = reader.text(reflex.name()),
          .signature = reader.text(reflex.signature()),
          .base_names = std::move(base_names),
          .adjustment = {.target = read_target(reader, *reflex.target()),
                         .knob = from_wire(reflex.knob()),
                         .value = read_knob_value(*reflex.value())},
          .window = reader.duration(reflex.window_ns()),
          .expires = reader.wall_time(reflex.expires_wall_ns()),
          .dry_run = reflex.dry_run()};
}

fb::Offset<schema::Execution> write_execution(fb::FlatBufferBuilder& builder, SharedTexts& texts,
                                              const Execution& execution) {
  const ProcessFacts& facts = execution.facts;
  const auto process = write_process(facts.process);
  const auto parent = write_process(facts.parent);
  const auto cgroup = texts.write(builder, execution.cgroup);
  const auto comm = texts.write(builder, facts.comm);
  const auto filename = texts.write(builder, execution.filename);
  const auto argv = texts.write(builder, execution.argv.words);
  const auto cwd = texts.write(builder, execution.cwd);
  const auto tty = texts.write(builder, execution.tty);
  const auto ancestry = texts.write(builder, execution.ancestry);
  const auto so_far =
      execution.so_far ? write_so_far(builder, *execution.so_far) : fb::Offset<schema::UseSoFar>();
  const auto end =
      execution.end ? write_end(builder, *execution.end) : fb::Offset<schema::ExecutionEnd>();

  schema::ExecutionBuilder table(builder);
  table.add_process(&process);
  table.add_parent(&parent);
  table.add_exec_boot_ns(to_wire(execution.exec_time));
  table.add_uid(facts.identity.uid);
  table.add_gid(facts.identity.gid);
  table.add_login_uid(facts.identity.login_uid.value_or(kNoLogin));
  table.add_session_id(facts.identity.session_id.value_or(kNoLogin));
  table.add_cgroup_id(facts.cgroup_id);
  table.add_cgroup(cgroup);
  table.add_comm(comm);
  table.add_filename(filename);
  table.add_argv(argv);
  table.add_argv_true_bytes(execution.argv.true_bytes);
  table.add_argv_redacted(execution.argv.redacted);
  table.add_existing(execution.existing);
  table.add_exec_seen(execution.exec_seen);
  table.add_earlier_execs(execution.earlier_execs);
  table.add_end(end);
  table.add_cwd(cwd);
  table.add_tty(tty);
  table.add_ancestry(ancestry);
  table.add_so_far(so_far);
  if (execution.inputs) {
    table.add_input_files(execution.inputs->count);
    table.add_input_bytes(execution.inputs->total.count);
    table.add_largest_input_bytes(execution.inputs->largest.count);
  }
  table.add_binary(execution.binary);
  return table.Finish();
}

Execution read_execution(FieldReader& reader, const schema::Execution& execution) {
  Execution result;
  ProcessFacts& facts = result.facts;
  facts.process = read_process(reader, *execution.process());
  facts.parent = read_process(reader, *execution.parent());
  facts.identity = {.uid = execution.uid(),
                    .gid = execution.gid(),
                    .login_uid = read_login(execution.login_uid()),
                    .session_id = read_login(execution.session_id())};
  facts.cgroup_id = execution.cgroup_id();
  facts.comm = reader.text(execution.comm());
  result.exec_time = reader.boot_time(execution.exec_boot_ns());
  result.cgroup = reader.text(execution.cgroup());
  result.filename = reader.text(execution.filename());
  result.argv = {.words = reader.text(execution.argv()),
                 .true_bytes = execution.argv_true_bytes(),
                 .redacted = execution.argv_redacted()};
  result.cwd = reader.text(execution.cwd());
  result.tty = reader.text(execution.tty());
  result.ancestry = reader.text(execution.ancestry());
  if (const auto files = execution.input_files()) {
    result.inputs = InputFiles{.count = *files,
                               .total = {execution.input_bytes()},
                               .largest = {execution.largest_input_bytes()}};
  }
  result.binary = execution.binary();
  result.existing = execution.existing();
  result.exec_seen = execution.exec_seen();
  result.earlier_execs = execution.earlier_execs();
  if (execution.end()) result.end = read_end(reader, *execution.end());
  if (execution.so_far()) result.so_far = read_so_far(reader, *execution.so_far());
  return result;
}

}  // namespace foreshock::wire
