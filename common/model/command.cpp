#include "common/model/command.h"

#include <fmt/format.h>

#include "common/base/bytes.h"

namespace foreshock {

std::string_view to_string(Knob knob) {
  switch (knob) {
    case Knob::cpu_max:
      return "cpu_max";
    case Knob::cpu_weight:
      return "cpu_weight";
    case Knob::memory_high:
      return "memory_high";
    case Knob::memory_max:
      return "memory_max";
    case Knob::unknown:
      break;
  }
  return "unknown";
}

std::optional<Knob> parse_knob(std::string_view text) {
  for (const Knob knob : {Knob::cpu_max, Knob::cpu_weight, Knob::memory_high, Knob::memory_max}) {
    if (text == to_string(knob)) return knob;
  }
  return std::nullopt;
}

std::string format_knob_value(Knob knob, KnobValue value) {
  if (!value) return "max";
  switch (knob) {
    case Knob::cpu_max:
      return fmt::format("{}m", *value);
    case Knob::memory_high:
    case Knob::memory_max:
      return format_bytes(*value);
    default:
      return fmt::format("{}", *value);
  }
}

std::string_view to_string(ActionStatus status) {
  switch (status) {
    case ActionStatus::applied:
      return "applied";
    case ActionStatus::refused:
      return "refused";
    case ActionStatus::failed:
      return "failed";
    case ActionStatus::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::expired:
      return "expired";
    case Refusal::old_epoch:
      return "old_epoch";
    case Refusal::cgroup_gone:
      return "cgroup_gone";
    case Refusal::cgroup_replaced:
      return "cgroup_replaced";
    case Refusal::not_allowed:
      return "not_allowed";
    case Refusal::protected_cgroup:
      return "protected_cgroup";
    case Refusal::below_floor:
      return "below_floor";
    case Refusal::above_ceiling:
      return "above_ceiling";
    case Refusal::unsupported_knob:
      return "unsupported_knob";
    case Refusal::malformed:
      return "malformed";
  }
  return "malformed";
}

}  // namespace foreshock
