#include "coordinator/tag/tag_keeper.h"

#include <set>

namespace foreshock::coordinator {

void TagKeeper::restore(const std::vector<Tag>& kept) {
  for (const auto& tag : kept) {
    const Place place{tag.workload, tag.key};
    kept_[place] = {tag, tag, kRounds};
  }
}

void TagKeeper::observe(const std::vector<Workload>& workloads, const std::vector<Tag>& found) {
  const std::set<Workload> looked_at(workloads.begin(), workloads.end());
  std::map<Place, const Tag*> of_place;
  for (const auto& tag : found) {
    of_place[{tag.workload, tag.key}] = &tag;
    kept_.try_emplace({tag.workload, tag.key});
  }
  for (auto it = kept_.begin(); it != kept_.end();) {
    const auto& [place, kept] = *it;
    if (!looked_at.contains(place.first)) {
      ++it;
      continue;
    }
    const auto now = of_place.find(place);
    look_again(it->second, now == of_place.end() ? nullptr : now->second);
    const bool is_empty = kept.tag.value.empty() && kept.found.value.empty();
    it = is_empty ? kept_.erase(it) : std::next(it);
  }
}

void TagKeeper::look_again(Kept& kept, const Tag* found) {
  const std::string value = found && found->confidence >= kProposedAt ? found->value : "";
  kept.rounds = value == kept.found.value ? kept.rounds + 1 : 1;
  kept.found = value.empty() ? Tag{} : *found;
  if (!value.empty() && value == kept.tag.value) {
    kept.tag = *found;  // newer evidence
    return;
  }
  if (kept.rounds < kRounds) return;
  if (value.empty()) {
    kept.tag = {};
  } else if (found->confidence >= kTakenAt &&
             (kept.tag.value.empty() || found->confidence >= kept.tag.confidence + kMargin)) {
    kept.tag = *found;
  }
}

void TagKeeper::forget(const Workload& workload) {
  std::erase_if(kept_, [&](const auto& entry) { return entry.first.first == workload; });
}

std::vector<Tag> TagKeeper::tags() const {
  std::vector<Tag> tags;
  for (const auto& [place, kept] : kept_) {
    if (!kept.tag.value.empty()) tags.push_back(kept.tag);
  }
  return tags;
}

std::vector<Tag> TagKeeper::proposals() const {
  std::vector<Tag> proposals;
  for (const auto& [place, kept] : kept_) {
    if (!kept.found.value.empty() && kept.found.value != kept.tag.value)
      proposals.push_back(kept.found);
  }
  return proposals;
}

}  // namespace foreshock::coordinator
