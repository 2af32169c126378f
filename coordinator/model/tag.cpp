#include "coordinator/model/tag.h"

#include <algorithm>

namespace foreshock::coordinator {

std::span<const Tag> tags_of(const std::vector<Tag>& tags, const Workload& workload) {
  const auto first = std::ranges::lower_bound(tags, workload, {}, &Tag::workload);
  const auto last = std::ranges::upper_bound(first, tags.end(), workload, {}, &Tag::workload);
  return {first, last};
}

}  // namespace foreshock::coordinator
