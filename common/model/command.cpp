#include "common/model/command.h"

namespace foreshock {

std::string_view to_string(ActionStatus status) {
  switch (status) {
    case ActionStatus::applied:
      return "applied";
    case ActionStatus::refused:
      return "refused";
    case ActionStatus::failed:
      return "failed";
    case ActionStatus::dry_run:
      return "dry_run";
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
    case Refusal::over_budget:
      return "over_budget";
  }
  return "malformed";
}

std::string_view to_string(ActionCause cause) {
  switch (cause) {
    case ActionCause::command:
      return "command";
    case ActionCause::arming:
      return "arming";
    case ActionCause::reflex:
      return "reflex";
    case ActionCause::reflex_end:
      return "reflex_end";
  }
  return "command";
}

}  // namespace foreshock
