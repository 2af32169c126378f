#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/model/adjustment.h"
#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

/// A person's reflex: when this command is executed on a host, loosen this limit there at once.
struct ReflexRule {
  std::string name;
  PolicyMode mode = PolicyMode::observe;  ///< observe: hosts only tell what they would have done
  std::string host;                       ///< glob on host names; empty: any
  std::string signature;                  ///< of the command
  std::string executable;                 ///< its base name
  std::string cgroup;                     ///< glob: whose limit
  Knob knob = Knob::cpu_max;
  std::uint64_t value = 0;               ///< in the knob's unit
  std::chrono::nanoseconds window{};     ///< from the last such command until it is taken back
  std::chrono::nanoseconds valid_for{};  ///< a host that hears nothing for so long forgets it
};

}  // namespace foreshock::coordinator
