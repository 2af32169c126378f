#pragma once

// Private to this folder: how an outcome is filled in.

#include "agent/actuate/guardrails.h"
#include "common/base/result.h"
#include "common/model/command.h"

namespace foreshock::agent {

inline ActionOutcome make_outcome(const CgroupTarget& target, Knob knob, WallTime now) {
  ActionOutcome outcome;
  outcome.target = target;
  outcome.knob = knob;
  outcome.time = now;
  return outcome;
}

inline void refuse(const Verdict& verdict, ActionOutcome& outcome) {
  outcome.status = ActionStatus::refused;
  outcome.refusal = verdict.refusal;
  outcome.detail = verdict.detail;
}

inline void fail(const Error& error, ActionOutcome& outcome) {
  outcome.status = ActionStatus::failed;
  outcome.detail = error.message();
}

inline void succeed(KnobValue after, ActionOutcome& outcome) {
  outcome.status = ActionStatus::applied;
  outcome.after = after;
  if (after != outcome.requested)
    outcome.detail = "the kernel made it " + format_knob_value(outcome.knob, after);
}

}  // namespace foreshock::agent
