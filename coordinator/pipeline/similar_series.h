#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/model/series.h"
#include "coordinator/model/tag.h"

namespace foreshock::coordinator {

/// Other series of the same quantity that are the most like one, and in what.
struct SimilarSeries {
  std::vector<const Series*> series;
  std::string likeness;  ///< "of the same name", "with the tag role=web", "of workloads"
};

/// The first kind of which there is any: workloads of the same name (numbers and hexadecimal ids in
/// it do not count) on any host, then those that share a tag, then those below the same parent;
/// hosts with the same tag; any workload, any host. At most 32 of them, in order of their keys.
/// What is returned points into `all`.
/// @param tags  in order of their workloads
SimilarSeries find_similar(const SeriesKey& key, const std::vector<Series>& all,
                           const std::vector<Tag>& tags);

/// "worker-7.service" and "worker-12.service" are both "worker-#.service".
std::string name_pattern(const std::string& cgroup);

}  // namespace foreshock::coordinator
