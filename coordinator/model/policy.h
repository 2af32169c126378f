#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/command.h"

namespace foreshock::coordinator {

enum class PolicyMode : std::uint8_t { observe = 0, auto_ = 1 };
std::string_view to_string(PolicyMode mode);  ///< "observe", "auto"

enum class Resource : std::uint8_t { cpu = 0, memory = 1 };
std::string_view to_string(Resource resource);

/// What capacity a workload should have for a forecast. Capacities: thousandths of a core, or
/// bytes.
struct Policy {
  std::string name;
  PolicyMode mode = PolicyMode::observe;
  // Which workloads: those whose cgroup matches the glob and that carry the tag, where given.
  std::string host;    ///< glob on host names; empty: any
  std::string cgroup;  ///< glob
  std::string tag;     ///< "key=value"; empty: any
  Resource resource = Resource::cpu;
  Knob knob = Knob::cpu_max;
  double quantile = 0.9;  ///< of the forecast
  double headroom = 0.2;  ///< added to what is needed, as a share of it
  std::uint64_t min_capacity = 0;
  std::uint64_t max_capacity = 0;
  std::chrono::nanoseconds lead_time{};      ///< how far ahead capacity must be there
  std::chrono::nanoseconds stabilisation{};  ///< no lower than anything wanted within it
  std::chrono::nanoseconds cool_down{};      ///< between two reductions
  double max_step_down = 0.5;  ///< largest reduction at once, as a share of the current limit
  double tolerance = 0.1;      ///< changes smaller than this share are not worth an action
  bool reflexes = true;  ///< sure lead commands of its workloads become reflexes of their hosts
  std::chrono::nanoseconds max_age{};  ///< of the newest sample; older inputs freeze reductions
};

}  // namespace foreshock::coordinator
