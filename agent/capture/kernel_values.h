#pragma once

// Private to the decoders of this folder: what events and the process iterator's records have in
// common.

#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "agent/bpf/events.h"
#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

Error corrupt_event(std::string_view what);

/// Clocks and durations come as nanoseconds and are kept signed.
inline bool is_time(std::uint64_t ns) {
  return ns <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}
inline Nanoseconds to_duration(std::uint64_t ns) {
  return Nanoseconds(static_cast<std::int64_t>(ns));
}

/// The caller has checked that the bytes are there.
template <typename T>
T copy_front(ByteView bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// All of `facts` is set, or it is anything.
Result<void> decode_process(const fs_process& process, ProcessFacts& facts);

/// Splits the exact run time by the ticks counted in user and kernel mode, as getrusage(2) does:
/// most short commands are never met by a tick at all.
void split_by_ticks(ResourceUse& use, std::uint64_t user_ticks, std::uint64_t system_ticks);

/// All but the peak of memory; the caller has checked that cpu_ns is a time.
template <typename Event>
ResourceUse decode_use(const Event& event) {
  ResourceUse use;
  use.cpu = to_duration(event.cpu_ns);
  split_by_ticks(use, event.user_ns, event.system_ns);
  use.read_bytes = Bytes{event.read_bytes};
  use.written_bytes = Bytes{event.written_bytes};
  use.read_calls = event.read_calls;
  use.write_calls = event.write_calls;
  use.minor_faults = event.minor_faults;
  use.major_faults = event.major_faults;
  use.voluntary_switches = event.voluntary_switches;
  use.involuntary_switches = event.involuntary_switches;
  return use;
}

}  // namespace foreshock::agent
