#include "agent/actuate/guardrails.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "agent/cgroup/cgroup_dir.h"
#include "common/text/glob.h"

namespace foreshock::agent {

namespace {

constexpr std::uint64_t kMinWeight = 1;
constexpr std::uint64_t kMaxWeight = 10000;

Verdict refuse(Refusal refusal, std::string detail) {
  return {refusal, std::move(detail)};
}

bool limits_memory(Knob knob) {
  return knob == Knob::memory_high || knob == Knob::memory_max;
}

/// What the command wants to set, now or when its reflex fires; null: nothing.
const Adjustment* adjustment_of(const Command& command) {
  if (const auto* arm = std::get_if<ArmReflex>(&command.body)) return &arm->reflex.adjustment;
  return std::get_if<Adjustment>(&command.body);
}

Verdict judge_target(const CgroupTarget& target, Knob knob) {
  if (!is_canonical_cgroup_path(target.path))
    return refuse(Refusal::malformed, "the cgroup's path is not of the form /a/b");
  if (!parse_knob(to_string(knob))) return refuse(Refusal::malformed, "unknown knob");
  return {};
}

Verdict judge_reflex(const Reflex& reflex) {
  const auto& names = reflex.base_names;
  const bool has_names = !names.empty() && std::ranges::none_of(names, &std::string::empty);
  if (reflex.signature.empty() || !has_names)
    return refuse(Refusal::malformed, "the reflex does not say which command fires it");
  if (reflex.window <= Nanoseconds::zero())
    return refuse(Refusal::malformed, "the reflex does not say how long it lasts");
  return {};
}

Verdict judge_form(const Command& command) {
  if (const auto* restoration = std::get_if<Restoration>(&command.body))
    return judge_target(restoration->target, restoration->knob);
  const auto* adjustment = adjustment_of(command);
  if (adjustment == nullptr) return {};
  if (auto verdict = judge_target(adjustment->target, adjustment->knob); !verdict.allowed())
    return verdict;
  if (const auto* arm = std::get_if<ArmReflex>(&command.body)) {
    if (auto verdict = judge_reflex(arm->reflex); !verdict.allowed()) return verdict;
  }
  if (adjustment->knob != Knob::cpu_weight) return {};
  const KnobValue weight = adjustment->value;
  if (weight && *weight >= kMinWeight && *weight <= kMaxWeight) return {};
  return refuse(Refusal::malformed, fmt::format("a weight is {} to {}", kMinWeight, kMaxWeight));
}

Verdict judge_validity(const Command& command, WallTime now, std::uint64_t highest_epoch) {
  if (now >= command.expires) {
    return refuse(Refusal::expired, fmt::format("expired at {}, it is {}",
                                                format_utc(command.expires), format_utc(now)));
  }
  if (command.epoch < highest_epoch) {
    return refuse(Refusal::old_epoch,
                  fmt::format("epoch {}, already at {}", command.epoch, highest_epoch));
  }
  return {};
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view path) {
  return std::ranges::any_of(patterns,
                             [&](const auto& pattern) { return matches_path_glob(pattern, path); });
}

const AdjustmentBounds* find_bounds(const GuardrailConfig& config, const Adjustment& adjustment) {
  const auto fits = [&](const AdjustmentBounds& bounds) {
    return matches_path_glob(bounds.pattern, adjustment.target.path) &&
           std::ranges::find(bounds.knobs, adjustment.knob) != bounds.knobs.end();
  };
  const auto found = std::ranges::find_if(config.allowed, fits);
  return found == config.allowed.end() ? nullptr : &*found;
}

Verdict judge_identity(const Adjustment& adjustment, const TargetState& state) {
  if (!state.exists)
    return refuse(Refusal::cgroup_gone, adjustment.target.path + " does not exist");
  if (state.id != adjustment.target.id) {
    return refuse(Refusal::cgroup_replaced,
                  fmt::format("{} is cgroup {} now, not {}", adjustment.target.path, state.id,
                              adjustment.target.id));
  }
  if (!state.knob_supported) {
    return refuse(
        Refusal::unsupported_knob,
        fmt::format("{} has no {} here", adjustment.target.path, to_string(adjustment.knob)));
  }
  return {};
}

// Absent is unlimited: above every ceiling, below no floor.
Verdict judge_range(Knob knob, KnobValue value, std::uint64_t floor, KnobValue ceiling) {
  if (value && *value < floor) {
    return refuse(Refusal::below_floor,
                  fmt::format("{} is below the owner's minimum {}", format_knob_value(knob, value),
                              format_knob_value(knob, floor)));
  }
  if (ceiling && (!value || *value > *ceiling)) {
    return refuse(Refusal::above_ceiling,
                  fmt::format("{} is above the owner's maximum {}", format_knob_value(knob, value),
                              format_knob_value(knob, ceiling)));
  }
  return {};
}

Verdict judge_bounds(const Adjustment& adjustment, const AdjustmentBounds& bounds) {
  if (adjustment.knob == Knob::cpu_max) {
    return judge_range(adjustment.knob, adjustment.value, bounds.min_cpu_millicores,
                       bounds.max_cpu_millicores);
  }
  if (limits_memory(adjustment.knob)) {
    const KnobValue ceiling =
        bounds.max_memory ? KnobValue(bounds.max_memory->count) : std::nullopt;
    return judge_range(adjustment.knob, adjustment.value, bounds.min_memory.count, ceiling);
  }
  return {};
}

}  // namespace

const std::vector<std::string>& always_protected_patterns() {
  static const std::vector<std::string> kPatterns = {
      "/",
      "/init.scope",
      "/init.scope/**",
      "/system.slice",
      "/system.slice/ssh*.service",
      "/system.slice/ssh*.service/**",
      "/system.slice/system-ssh*.slice",
      "/system.slice/system-ssh*.slice/**",
      "/system.slice/systemd-*.service",
      "/system.slice/systemd-*.service/**",
      "/system.slice/dbus*.service",
      "/system.slice/foreshock-agent.service",
      "/system.slice/foreshock-agent.service/**",
      "/user.slice/user-*.slice/user@*.service/init.scope",
  };
  return kPatterns;
}

std::vector<std::string> patterns_protecting(std::string_view path) {
  std::vector<std::string> patterns{"/"};
  for (std::size_t end = path.find('/', 1); path.size() > 1; end = path.find('/', end + 1)) {
    patterns.emplace_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  return patterns;
}

Verdict judge_working_set(Knob knob, KnobValue value, const TargetState& state) {
  const bool tightens = value && (!state.current || *value < *state.current);
  if (!limits_memory(knob) || !tightens) return {};
  if (!state.working_set) {
    return refuse(Refusal::below_floor,
                  "the working set is not known, so the limit can't be tightened");
  }
  const std::uint64_t used = state.working_set->count;
  const std::uint64_t room = used / 10;
  const bool fits =
      used <= std::numeric_limits<std::uint64_t>::max() - room && *value >= used + room;
  if (fits) return {};
  return refuse(Refusal::below_floor,
                fmt::format("{} is below the working set {} plus a tenth",
                            format_knob_value(knob, value), format_bytes(used)));
}

Verdict judge(const Command& command, const TargetState& state, const GuardrailConfig& config,
              WallTime now, std::uint64_t highest_epoch) {
  if (auto verdict = judge_form(command); !verdict.allowed()) return verdict;
  if (auto verdict = judge_validity(command, now, highest_epoch); !verdict.allowed())
    return verdict;
  const auto* adjustment = adjustment_of(command);
  if (adjustment == nullptr) return {};

  const std::string& path = adjustment->target.path;
  if (matches_any(always_protected_patterns(), path) ||
      matches_any(config.protected_patterns, path)) {
    return refuse(Refusal::protected_cgroup, path + " is on the protect list");
  }
  const AdjustmentBounds* bounds = find_bounds(config, *adjustment);
  if (bounds == nullptr) {
    return refuse(Refusal::not_allowed, fmt::format("the configuration does not allow {} of {}",
                                                    to_string(adjustment->knob), path));
  }
  if (auto verdict = judge_identity(*adjustment, state); !verdict.allowed()) return verdict;
  if (auto verdict = judge_bounds(*adjustment, *bounds); !verdict.allowed()) return verdict;
  return judge_working_set(adjustment->knob, adjustment->value, state);
}

}  // namespace foreshock::agent
