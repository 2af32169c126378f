#pragma once

#include <vector>

#include "coordinator/tag/tagger.h"

namespace foreshock::coordinator {

/// Tags by people's rules. Of two rules that give one workload the same key the first one in the
/// configuration wins, so that a workload has one value a key. Pure; any thread.
class RuleTagger final : public Tagger {
 public:
  explicit RuleTagger(std::vector<TagRule> rules);
  std::vector<Tag> tag(const std::vector<TaggedSubject>& subjects) const override;

 private:
  std::vector<TagRule> rules_;
};

}  // namespace foreshock::coordinator
