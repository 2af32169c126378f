#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/sample/resource_sampler.h"
#include "common/base/result.h"
#include "common/model/process_use.h"

namespace foreshock::agent {

/// All processes, of which it keeps the `top` that used most processor time, storage and major
/// faults since the turn before, and the `top` with most resident memory: what is sent does not
/// grow with the number of processes. The others are shown to an observer, who adds them up.
/// Workloads that are in the sample already are told how many processes they have. One thread.
class ProcessSampler final : public ResourceSampler {
 public:
  /// Where processes come from: replaces what is in the vector, in the order of process ids.
  using Look = std::function<Result<void>(std::vector<ProcessUse>&)>;
  /// Is shown every process at each turn, with what it used since the turn before: nothing at the
  /// first turn of all.
  using Observer =
      std::function<void(const ProcessUse& process, const ResourceUse& used, BootTime now)>;

  ProcessSampler(Look look, std::size_t top) : look_(std::move(look)), top_(top) {}

  void observe(Observer observer) { observer_ = std::move(observer); }
  void sample(BootTime now, ResourceSample& into) override;

  /// What a process that has ended had used when it was last seen, so that the rest of its use can
  /// be told; asked once.
  ResourceUse take_use_when_last_seen(const ProcessKey& process);
  /// Turns at which nothing could be seen.
  std::uint64_t failed_turns() const { return failed_turns_; }

 private:
  struct Last {
    ProcessKey process;
    ResourceUse use;
  };
  struct Gone {
    Last last;
    BootTime noticed;
  };

  void count_by_workload(ResourceSample& into) const;
  void compare_with_last(BootTime now);
  void note_gone(const Last& last, BootTime now);
  void keep_top(BootTime now, ResourceSample& into);
  template <typename Key>
  void choose_top(Key key);

  Look look_;
  Observer observer_;
  std::size_t top_;
  bool first_turn_ = true;
  std::vector<ProcessUse> processes_;
  std::vector<ResourceUse> used_;  ///< since the turn before; one for each of processes_
  std::vector<Last> last_;         ///< in the order of process ids
  BootTime latest_start_;          ///< of what was ever seen
  std::unordered_map<std::uint32_t, Gone> gone_;  ///< vanished between two turns, exit not yet told
  std::vector<std::uint32_t> order_;
  std::vector<bool> chosen_;
  std::uint64_t failed_turns_ = 0;
};

}  // namespace foreshock::agent
