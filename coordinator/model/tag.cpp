#include "coordinator/model/tag.h"

#include <algorithm>

namespace foreshock::coordinator {

std::span<const Tag> tags_of(const std::vector<Tag>& tags, const Workload& workload) {
  return std::ranges::equal_range(tags, workload, {}, &Tag::workload);
}

}  // namespace foreshock::coordinator
