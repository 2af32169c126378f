#pragma once

#include <vector>

#include "coordinator/model/tag.h"
#include "coordinator/tag/workload_profile.h"

namespace foreshock::coordinator {

/// What a workload seems to be: at most one tag a key, each with evidence and confidence in (0, 1].
///
/// - `app_type`: what programs that are known by name do most of its work, by processor time, runs
///   and running processes: database, web_server, build, …
/// - `role`: the part that such a program plays, with its connections: datastore, frontend, …
/// - `load_level`: idle, low, medium or high by the mean share of the available processors
/// - `workload_class`: interactive (terminals), transactional (clients' connections) or batch
///   (bursts, and commands that end)
///
/// Pure. A profile that says nothing gives nothing.
std::vector<Tag> learn_tags(const WorkloadProfile& profile);

}  // namespace foreshock::coordinator
