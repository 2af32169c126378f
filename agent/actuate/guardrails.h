#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// What the host's owner lets a coordinator do to the cgroups that match `pattern`.
struct AdjustmentBounds {
  std::string pattern;  ///< of matches_path_glob()
  std::vector<Knob> knobs;
  std::uint64_t min_cpu_millicores = 50;
  std::optional<std::uint64_t> max_cpu_millicores;
  Bytes min_memory{std::uint64_t{16} << 20};
  std::optional<Bytes> max_memory;
};

struct GuardrailConfig {
  /// Tried in order: the first whose pattern and knobs fit decides. Empty: nothing may be adjusted.
  std::vector<AdjustmentBounds> allowed;
  /// Win over `allowed`, and come on top of always_protected_patterns().
  std::vector<std::string> protected_patterns;
};

/// Never adjusted, whatever the owner's configuration: a limit there can lock people out of the
/// host or starve the agent, which then can't take it back.
const std::vector<std::string>& always_protected_patterns();
/// Patterns for a cgroup and all its ancestors, whose limits bind it too: for the agent's own.
std::vector<std::string> patterns_protecting(std::string_view path);

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

/// Judges a command before anything is touched. Pure. `highest_epoch` is the highest epoch obeyed
/// so far. A memory limit that tightens is refused below the working set plus a tenth, whatever the
/// owner's minimum. A reflex is judged by the adjustment that it will make. Of a Restoration and of
/// what disarms a reflex only form, time and epoch are judged: what they write was there before.
Verdict judge(const Command& command, const TargetState& state, const GuardrailConfig& config,
              WallTime now, std::uint64_t highest_epoch);

/// Refuses (below_floor) a memory limit that is tighter than the present one and leaves the working
/// set less than a tenth of room; also when the working set is not known. Any other knob passes.
/// Pure.
Verdict judge_working_set(Knob knob, KnobValue value, const TargetState& state);

}  // namespace foreshock::agent
