#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/model/tag.h"

namespace foreshock::coordinator {

/// Keeps learned tags steady. A value is taken once it was found in several rounds one after the
/// other and is sure enough; another one takes its place only when it has won as often and is
/// surer by a margin; and a tag goes when it has not been found for as long. What is likely but
/// not taken is a proposal. Pure but for what it remembers; one thread.
class TagKeeper {
 public:
  static constexpr std::size_t kRounds = 5;
  static constexpr double kTakenAt = 0.6;
  static constexpr double kProposedAt = 0.35;
  static constexpr double kMargin = 0.1;

  /// The tags that were kept in an earlier life.
  void restore(const std::vector<Tag>& kept);
  /// A round: what was found of these workloads, at most one tag a workload and key. Tags of other
  /// workloads stay as they are; rounds pass only for these.
  void observe(const std::vector<Workload>& workloads, const std::vector<Tag>& found);
  /// Workloads that are gone are forgotten.
  void forget(const Workload& workload);

  /// By workload and key.
  std::vector<Tag> tags() const;
  std::vector<Tag> proposals() const;

 private:
  using Place = std::pair<Workload, std::string>;  ///< and the key
  struct Kept {
    Tag tag;                 ///< an empty value: none is taken
    Tag found;               ///< in the last round; an empty value: none
    std::size_t rounds = 0;  ///< in which that was found, one after the other
  };
  static void look_again(Kept& kept, const Tag* found);

  std::map<Place, Kept> kept_;
};

}  // namespace foreshock::coordinator
