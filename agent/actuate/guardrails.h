#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// What the host's owner lets a coordinator do to the cgroups that match `pattern`.
struct AdjustmentBounds {
  std::string pattern;  ///< path glob: `*` within a component, `**` across components
  std::vector<Knob> knobs;
  std::uint64_t min_cpu_millicores = 50;
  std::optional<std::uint64_t> max_cpu_millicores;
  Bytes min_memory{std::uint64_t{16} << 20};
  std::optional<Bytes> max_memory;
};

struct GuardrailConfig {
  std::vector<AdjustmentBounds> allowed;        ///< empty: nothing may be adjusted
  std::vector<std::string> protected_patterns;  ///< win over `allowed`
};

/// What is known about the target at the moment of the decision.
struct TargetState {
  bool exists = false;
  std::uint64_t id = 0;
  KnobValue current;
  std::optional<Bytes> working_set;
  bool knob_supported = true;
};

struct Verdict {
  Refusal refusal = Refusal::none;
  std::string detail;
  bool allowed() const { return refusal == Refusal::none; }
};

/// Judges a command before anything is touched. Pure. `highest_epoch` is the highest epoch obeyed so far.
/// A memory limit below the working set plus a tenth is refused, whatever the owner's minimum.
Verdict judge(const Command& command, const TargetState& state, const GuardrailConfig& config, WallTime now,
              std::uint64_t highest_epoch);

/// Globs as in AdjustmentBounds. Pure.
bool matches_cgroup_pattern(std::string_view pattern, std::string_view path);

}  // namespace foreshock::agent
