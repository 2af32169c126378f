#pragma once

#include <cstdint>

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

/// Adds up what several processes used; of peaks the highest stays.
inline void add_use(ResourceUse& sum, const ResourceUse& use) {
  sum.cpu += use.cpu;
  sum.user += use.user;
  sum.system += use.system;
  sum.peak_rss = sum.peak_rss < use.peak_rss ? use.peak_rss : sum.peak_rss;
  sum.read_bytes.count += use.read_bytes.count;
  sum.written_bytes.count += use.written_bytes.count;
  sum.read_calls += use.read_calls;
  sum.write_calls += use.write_calls;
  sum.minor_faults += use.minor_faults;
  sum.major_faults += use.major_faults;
  sum.voluntary_switches += use.voluntary_switches;
  sum.involuntary_switches += use.involuntary_switches;
}

}  // namespace foreshock
