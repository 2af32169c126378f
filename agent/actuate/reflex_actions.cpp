// What the executor does for reflexes.
#include <utility>

#include <fmt/format.h>

#include "agent/actuate/command_executor.h"
#include "agent/actuate/outcome.h"

namespace foreshock::agent {

ActionOutcome CommandExecutor::prepare_reflex(const Command& command, WallTime now) {
  const auto* arm = std::get_if<ArmReflex>(&command.body);
  ActionOutcome outcome;
  TargetState state;
  if (arm != nullptr) {
    const auto& [target, knob, value] = arm->reflex.adjustment;
    outcome = make_outcome(target, knob, now);
    outcome.requested = value;
    state = look_at(target, knob);
    outcome.before = outcome.after = state.current;
  }
  outcome.time = now;
  outcome.command_id = command.id;
  outcome.decision_id = command.decision_id;
  outcome.cause = ActionCause::arming;

  const Verdict verdict = judge(command, state, config_, now, journal_.highest_epoch());
  if (!verdict.allowed()) {
    refuse(verdict, outcome);
  } else if (auto recorded = journal_.record_epoch(command.epoch); !recorded) {
    fail(recorded.error(), outcome);
  } else if (auto undoable = arm ? keep_original(arm->reflex, state.current) : Result<void>();
             !undoable) {
    fail(undoable.error(), outcome);
  } else {
    outcome.status = ActionStatus::applied;
  }
  return outcome;
}

/// Before anything is written: an entry that says "was, and is, this".
Result<void> CommandExecutor::keep_original(const Reflex& reflex, KnobValue current) {
  const auto& [target, knob, value] = reflex.adjustment;
  if (reflex.dry_run || journal_.find(target, knob)) return {};
  return record(target, knob, current, current);
}

Verdict CommandExecutor::judge_reflex(const Reflex& reflex, WallTime now) const {
  const auto& [target, knob, value] = reflex.adjustment;
  Command command;
  command.epoch = journal_.highest_epoch();
  command.expires = reflex.expires;
  command.body = ArmReflex{reflex};
  return judge(command, look_at(target, knob), config_, now, command.epoch);
}

Result<KnobFile> CommandExecutor::hold(const CgroupTarget& target, Knob knob) const {
  const Actuator* const actuator = find_actuator(knob);
  if (actuator == nullptr) return Error(ErrorCode::unsupported, "this host can't turn the knob");
  return actuator->hold(target);
}

ActionOutcome CommandExecutor::confirm_reflex(const Reflex& reflex, KnobValue before,
                                              WallTime now) {
  const auto& [target, knob, value] = reflex.adjustment;
  ActionOutcome outcome = make_outcome(target, knob, now);
  outcome.decision_id = reflex.decision_id;
  outcome.cause = ActionCause::reflex;
  outcome.requested = value;
  outcome.before = outcome.after = before;
  Actuator* const actuator = find_actuator(knob);
  if (actuator == nullptr) {
    fail(Error(ErrorCode::unsupported, "this host can't turn the knob"), outcome);
    return outcome;
  }
  // What the owner has set since the reflex was armed is the value to go back to.
  const auto entry = journal_.find(target, knob);
  if (entry && entry->original == entry->last_written && entry->original != before)
    static_cast<void>(journal_.forget(target, knob));
  const auto recorded = record(target, knob, before, value);
  auto after = actuator->read(target);
  if (after && *after != value) after = actuator->apply(target, value);
  if (!after) {
    fail(after.error(), outcome);
  } else {
    succeed(*after, outcome);
  }
  if (!recorded)
    outcome.detail += (outcome.detail.empty() ? "" : "; ") + recorded.error().message();
  return outcome;
}

ActionOutcome CommandExecutor::end_reflex(const Reflex& reflex, KnobValue expected, KnobValue next,
                                          WallTime now) {
  const auto& [target, knob, value] = reflex.adjustment;
  ActionOutcome outcome = make_outcome(target, knob, now);
  outcome.decision_id = reflex.decision_id;
  outcome.cause = ActionCause::reflex_end;
  outcome.requested = next;
  const TargetState state = look_at(target, knob);
  outcome.before = outcome.after = state.current;
  outcome.status = ActionStatus::applied;
  if (!state.exists || state.id != target.id) {
    outcome.detail = "the cgroup is gone";
    static_cast<void>(journal_.forget(target, knob));
  } else if (state.current == next) {
    outcome.detail = "it is there already";
  } else if (state.current != expected) {
    outcome.detail = fmt::format("left alone: somebody else has made it {} by now",
                                 format_knob_value(knob, state.current));
  } else if (auto verdict = judge_working_set(knob, next, state); !verdict.allowed()) {
    refuse(verdict, outcome);
  } else if (auto after = find_actuator(knob)->apply(target, next)) {
    succeed(*after, outcome);
    const auto entry = journal_.find(target, knob);
    // Where it began: nothing is left to undo, but the reflex stays armed.
    if (entry) static_cast<void>(journal_.record(target, knob, entry->original, next));
  } else {
    fail(after.error(), outcome);
  }
  return outcome;
}

std::optional<KnobValue> CommandExecutor::original_of(const CgroupTarget& target, Knob knob) const {
  const auto entry = journal_.find(target, knob);
  return entry ? std::optional(entry->original) : std::nullopt;
}

void CommandExecutor::forget_reflex(const Reflex& reflex) {
  const auto& [target, knob, value] = reflex.adjustment;
  const auto entry = journal_.find(target, knob);
  if (entry && entry->original == entry->last_written)
    static_cast<void>(journal_.forget(target, knob));
}

}  // namespace foreshock::agent
