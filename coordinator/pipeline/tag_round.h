#pragma once

#include <map>
#include <vector>

#include "common/sync/snapshot.h"
#include "coordinator/history/history_store.h"
#include "coordinator/history/use_reader.h"
#include "coordinator/model/live_view.h"
#include "coordinator/model/tag.h"
#include "coordinator/registry/tag_store.h"
#include "coordinator/tag/tag_keeper.h"
#include "coordinator/tag/tagger.h"
#include "coordinator/tag/workload_profile.h"

namespace foreshock::coordinator {

/// Tags of a round of learning: people's, those of their rules, and learned ones, in this order of
/// precedence for each key of a workload. Thread `learn`.
class TagRound {
 public:
  /// Borrowed; all outlive it.
  struct Parts {
    HistoryReader& history;
    UseReader& use;
    const Tagger& rules;
    TagStore& store;
    const Snapshot<LiveView>& live;
  };
  explicit TagRound(Parts parts) : parts_(parts) {}

  /// As things stand: what the last round has learned counts. In order of their workloads.
  Result<std::vector<Tag>> tags(const std::vector<TaggedSubject>& subjects);
  /// Learns from what these did lately; `series` has their processor use.
  Result<void> learn(const std::vector<TaggedSubject>& subjects, const std::vector<Series>& series,
                     WallTime now);
  /// Likely tags that are not taken, for people to lock or to reject.
  std::vector<Tag> proposals() const;

 private:
  Result<void> restore();
  Result<std::vector<WorkloadProfile>> make_profiles(const std::vector<TaggedSubject>& subjects,
                                                     const std::vector<Series>& series,
                                                     WallTime now);
  Result<void> add_connections(WorkloadProfile& profile, WallTime now);
  void forget_gone(const std::vector<TaggedSubject>& subjects, WallTime now);
  bool is_rejected(const Tag& tag) const;

  const Parts parts_;
  TagKeeper keeper_;
  bool is_restored_ = false;
  std::vector<Tag> saved_;
  std::vector<TagChoice> choices_;
  std::map<Workload, WallTime> seen_;
};

}  // namespace foreshock::coordinator
