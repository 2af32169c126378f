#pragma once

#include <string>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// key=value on a workload (an empty cgroup: on the host).
struct Tag {
  Workload workload;
  std::string key;
  std::string value;
  std::string source;    ///< "rule:<name>"
  std::string evidence;  ///< what matched
  double confidence = 1;
  bool operator==(const Tag&) const = default;
};

/// A person's rule: gives a tag to workloads whose cgroup matches, or that ran a matching command.
struct TagRule {
  std::string name;
  std::string cgroup;   ///< glob; empty: any
  std::string command;  ///< glob on signatures; empty: any
  std::string key;
  std::string value;
};

}  // namespace foreshock::coordinator
