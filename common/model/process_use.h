#pragma once

#include <cstdint>
#include <limits>

#include "common/base/bytes.h"
#include "common/model/process_event.h"

namespace foreshock {

/// What one running process (all its threads) has used since it started. A source that does not
/// know a number leaves it 0.
struct ProcessUse {
  ProcessFacts facts;
  ResourceUse use;
  Bytes rss;
  std::uint32_t threads = 0;
  bool kernel_thread = false;  ///< runs no program
};

/// What was used between two looks at a process; a counter that went back used nothing.
inline ResourceUse use_between(const ResourceUse& before, const ResourceUse& now) {
  const auto grown = [](auto from, auto to) { return to > from ? to - from : decltype(to){}; };
  const auto grown_bytes = [&grown](Bytes from, Bytes to) {
    return Bytes{grown(from.count, to.count)};
  };
  return {.cpu = grown(before.cpu, now.cpu),
          .user = grown(before.user, now.user),
          .system = grown(before.system, now.system),
          .peak_rss = now.peak_rss,
          .read_bytes = grown_bytes(before.read_bytes, now.read_bytes),
          .written_bytes = grown_bytes(before.written_bytes, now.written_bytes),
          .read_calls = grown(before.read_calls, now.read_calls),
          .write_calls = grown(before.write_calls, now.write_calls),
          .minor_faults = grown(before.minor_faults, now.minor_faults),
          .major_faults = grown(before.major_faults, now.major_faults),
          .voluntary_switches = grown(before.voluntary_switches, now.voluntary_switches),
          .involuntary_switches = grown(before.involuntary_switches, now.involuntary_switches)};
}

/// What a hostile record says may not fit: a sum stops at the most there is.
template <typename Count>
void add_saturating(Count& sum, Count more) {
  if (__builtin_add_overflow(sum, more, &sum))
    sum = more < 0 ? std::numeric_limits<Count>::min() : std::numeric_limits<Count>::max();
}
inline void add_saturating(Bytes& sum, Bytes more) {
  add_saturating(sum.count, more.count);
}
inline void add_saturating(Nanoseconds& sum, Nanoseconds more) {
  auto count = sum.count();
  add_saturating(count, more.count());
  sum = Nanoseconds(count);
}

/// Adds up what several processes used; of peaks the highest stays.
inline void add_use(ResourceUse& sum, const ResourceUse& use) {
  add_saturating(sum.cpu, use.cpu);
  add_saturating(sum.user, use.user);
  add_saturating(sum.system, use.system);
  sum.peak_rss = sum.peak_rss < use.peak_rss ? use.peak_rss : sum.peak_rss;
  add_saturating(sum.read_bytes, use.read_bytes);
  add_saturating(sum.written_bytes, use.written_bytes);
  add_saturating(sum.read_calls, use.read_calls);
  add_saturating(sum.write_calls, use.write_calls);
  add_saturating(sum.minor_faults, use.minor_faults);
  add_saturating(sum.major_faults, use.major_faults);
  add_saturating(sum.voluntary_switches, use.voluntary_switches);
  add_saturating(sum.involuntary_switches, use.involuntary_switches);
}

}  // namespace foreshock
