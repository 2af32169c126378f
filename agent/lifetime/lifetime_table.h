#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "common/model/process_event.h"
#include "common/model/report.h"

namespace foreshock::agent {

/// Joins exec with exit. Holds what is alive, at most `capacity` processes; beyond, the oldest is given up
/// (its exec is reported without an end) and counted. Pure: no clock, no system.
class LifetimeTable {
 public:
  explicit LifetimeTable(std::size_t capacity);

  void on_exec(ExecEvent&& event, std::string cgroup);
  void on_exit(ExitEvent&& event, std::string cgroup);

  /// What there is to report: each ended process whole, and each process that started since the last call
  /// and still runs (once, without an end).
  std::vector<Execution> take_finished_and_started();

  std::size_t alive() const;
  std::size_t pending() const;            ///< how many take_… would return
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Live {
    Execution execution;
    bool reported = false;
  };

  const std::size_t capacity_;
  std::map<ProcessKey, Live> live_;
  std::vector<ProcessKey> started_;
  std::vector<Execution> finished_;
  std::uint64_t evicted_ = 0;
};

}  // namespace foreshock::agent
