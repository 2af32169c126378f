#pragma once

// Private to the codec*.cpp files: what reports and messages have in common on the wire.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/model/command.h"
#include "common/model/process_event.h"
#include "common/model/report.h"
#include "schemas/envelope_generated.h"

namespace foreshock::wire {

namespace fb = flatbuffers;

/// Bounds of a verified buffer: our deepest table is the fourth, the most numerous are executions.
inline constexpr fb::uoffset_t kMaxDepth = 16;
inline constexpr fb::uoffset_t kMaxTables = 500'000;
/// What a decoded value may occupy. Tables and strings can be shared inside a buffer, so that a
/// small one could unfold to any size.
inline constexpr std::size_t kMaxDecodedBytes = std::size_t{96} << 20;

/// A builder that had to grow beyond this gives its memory back when it is cleared. Filled from its
/// end: what is never written takes no memory, and growing copies all of it.
inline constexpr std::size_t kKeptBuilderBytes = std::size_t{4} << 20;
void clear(fb::FlatBufferBuilder& builder);

/// Lends the thread's builder, empty; so that encoding does not allocate each time.
class BuilderLease {
 public:
  BuilderLease();
  ~BuilderLease();
  BuilderLease(const BuilderLease&) = delete;
  BuilderLease& operator=(const BuilderLease&) = delete;
  fb::FlatBufferBuilder& operator*() const { return builder_; }
  fb::FlatBufferBuilder* operator->() const { return &builder_; }

 private:
  fb::FlatBufferBuilder& builder_;
};

/// Writes texts that repeat within one buffer once, nearly always: a text is looked for where the
/// last one of its hash was kept. Several per execution, so that the ordered tree of
/// CreateSharedString would cost as much as the rest of it.
class SharedTexts {
 public:
  /// None for an empty text. All texts go to the same builder.
  fb::Offset<fb::String> write(fb::FlatBufferBuilder& builder, std::string_view text);
  void clear() { slots_.fill({}); }

 private:
  static constexpr std::size_t kSlotBits = 10;
  static std::size_t slot_of(std::string_view text);

  std::array<fb::Offset<fb::String>, std::size_t{1} << kSlotBits> slots_{};
};

/// Reads scalars and strings of a verified buffer and notes the first value that makes no sense, so
/// that the field-by-field code stays free of checks; ask fault() at the end.
class FieldReader {
 public:
  std::string text(const fb::String* string);
  /// None where there are no strings.
  std::vector<std::string> texts(const fb::Vector<fb::Offset<fb::String>>* strings);
  BootTime boot_time(std::uint64_t ns) { return BootTime(duration(ns)); }
  WallTime wall_time(std::int64_t ns) { return WallTime(signed_duration(ns)); }
  /// Within ±146 years, so that sums and differences of two never overflow.
  Nanoseconds duration(std::uint64_t ns);
  Nanoseconds signed_duration(std::int64_t ns);
  std::optional<Nanoseconds> duration(fb::Optional<std::uint64_t> ns);
  std::optional<WallTime> wall_time(fb::Optional<std::int64_t> ns);
  /// Charges for decoded memory; false when the budget is spent and reading should stop.
  bool charge(std::size_t bytes);

  std::optional<std::string_view> fault() const { return fault_; }

 private:
  std::size_t budget_ = kMaxDecodedBytes;
  std::optional<std::string_view> fault_;
};

/// A buffer whose start is aligned as FlatBuffers wants it: the view itself, or a copy.
class AlignedView {
 public:
  explicit AlignedView(ByteView bytes);
  AlignedView(const AlignedView&) = delete;
  AlignedView& operator=(const AlignedView&) = delete;
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(view_.data()); }
  std::size_t size() const { return view_.size(); }

 private:
  ByteBuffer copy_;
  ByteView view_;
};

std::uint64_t to_wire(Nanoseconds duration);
std::uint64_t to_wire(BootTime time);

schema::Id128 to_wire(const Id128& id);
Id128 from_wire(const schema::Id128& id);

schema::Knob to_wire(Knob knob);
Knob from_wire(schema::Knob knob);

fb::Offset<fb::String> write_text(fb::FlatBufferBuilder& builder, const std::string& text);
/// For words that repeat in a report (cgroups, names): stored once.
fb::Offset<fb::String> write_shared_text(fb::FlatBufferBuilder& builder, const std::string& text);

schema::KnobValue write_knob_value(KnobValue value);
KnobValue read_knob_value(const schema::KnobValue& value);

fb::Offset<schema::CgroupTarget> write_target(fb::FlatBufferBuilder& builder,
                                              const CgroupTarget& target);
CgroupTarget read_target(FieldReader& reader, const schema::CgroupTarget& target);

fb::Offset<schema::Reflex> write_reflex(fb::FlatBufferBuilder& builder, const Reflex& reflex);
Reflex read_reflex(FieldReader& reader, const schema::Reflex& reflex);

fb::Offset<schema::Execution> write_execution(fb::FlatBufferBuilder& builder, SharedTexts& texts,
                                              const Execution& execution);
Execution read_execution(FieldReader& reader, const schema::Execution& execution);

fb::Offset<schema::AppMetric> write_app_metric(fb::FlatBufferBuilder& builder,
                                               const AppMetric& metric);
AppMetric read_app_metric(FieldReader& reader, const schema::AppMetric& table);

fb::Offset<schema::UpcomingCommand> write_upcoming(fb::FlatBufferBuilder& builder,
                                                   const UpcomingCommand& command);
UpcomingCommand read_upcoming(FieldReader& reader, const schema::UpcomingCommand& table);

fb::Offset<schema::Binary> write_binary(fb::FlatBufferBuilder& builder,
                                        const BinaryProfile& binary);
BinaryProfile read_binary(FieldReader& reader, const schema::Binary& table);

schema::ProcessKey write_process(const ProcessKey& process);
ProcessKey read_process(FieldReader& reader, const schema::ProcessKey& process);

}  // namespace foreshock::wire
