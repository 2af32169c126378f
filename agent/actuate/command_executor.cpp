#include "agent/actuate/command_executor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/actuate/outcome.h"
#include "agent/actuate/target_dir.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kRecentOutcomes = 1000;

// The cgroup, or the one that was meant, is no more: nothing of ours is left to put back.
bool is_gone(const Error& error) {
  return error.code() == ErrorCode::not_found || error.code() == ErrorCode::conflict;
}

}  // namespace

CommandExecutor::CommandExecutor(CgroupLayout layout,
                                 std::vector<std::unique_ptr<Actuator>> actuators,
                                 GuardrailConfig config, UndoJournal& journal)
    : layout_(std::move(layout)),
      actuators_(std::move(actuators)),
      config_(std::move(config)),
      journal_(journal) {}

ActionOutcome CommandExecutor::execute(const Command& command, WallTime now) {
  if (const auto known = recent_.find(command.id); known != recent_.end()) return known->second;
  ActionOutcome outcome = carry_out(command, now);
  recent_.emplace(command.id, outcome);
  recent_order_.push_back(command.id);
  if (recent_order_.size() > kRecentOutcomes) {
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
  }
  return outcome;
}

ActionOutcome CommandExecutor::carry_out(const Command& command, WallTime now) {
  const auto* adjustment = std::get_if<Adjustment>(&command.body);
  const auto& [target, knob] = adjustment ? std::pair(adjustment->target, adjustment->knob)
                                          : std::pair(std::get<Restoration>(command.body).target,
                                                      std::get<Restoration>(command.body).knob);
  ActionOutcome outcome = make_outcome(target, knob, now);
  outcome.command_id = command.id;
  outcome.decision_id = command.decision_id;
  if (adjustment) outcome.requested = adjustment->value;

  const TargetState state = look_at(target, knob);
  outcome.before = outcome.after = state.current;
  const Verdict verdict = judge(command, state, config_, now, journal_.highest_epoch());
  if (!verdict.allowed()) {
    refuse(verdict, outcome);
  } else if (auto recorded = journal_.record_epoch(command.epoch); !recorded) {
    fail(recorded.error(), outcome);
  } else if (adjustment) {
    adjust(*adjustment, outcome);
  } else {
    restore(target, knob, outcome);
  }
  return outcome;
}

void CommandExecutor::adjust(const Adjustment& adjustment, ActionOutcome& outcome) {
  const auto& [target, knob, wanted] = adjustment;
  Actuator* const actuator = find_actuator(knob);
  const KnobValue value = actuator->lasting(target, wanted);
  const bool first_touch = !journal_.find(target, knob);
  if (auto recorded = record(target, knob, outcome.before, value); !recorded) {
    return fail(recorded.error(), outcome);  // what can't be undone is not done
  }
  if (auto after = actuator->apply(target, value)) {
    succeed(*after, outcome);
  } else {
    fail(after.error(), outcome);
    outcome.after = take_back(target, knob, outcome.before, first_touch);
  }
}

void CommandExecutor::restore(const CgroupTarget& target, Knob knob, ActionOutcome& outcome) {
  const auto entry = journal_.find(target, knob);
  outcome.status = ActionStatus::applied;
  if (!entry) {
    outcome.detail = "nothing to restore: it was not adjusted";
    return;
  }
  outcome.requested = entry->original;
  Actuator* const actuator = find_actuator(knob);
  if (actuator == nullptr)
    return fail(Error(ErrorCode::unsupported, "this host can't turn the knob"), outcome);

  // What was the owner's value may be too tight for what the workload has become.
  if (auto verdict = judge_working_set(knob, entry->original, look_at(target, knob));
      !verdict.allowed()) {
    return refuse(verdict, outcome);
  }
  auto after = actuator->apply(target, entry->original);
  if (!after && !is_gone(after.error())) return fail(after.error(), outcome);
  if (after) {
    succeed(*after, outcome);
  } else {
    outcome.detail = "nothing to restore: " + after.error().message();
  }
  if (auto forgotten = journal_.forget(target, knob); !forgotten)
    outcome.detail = forgotten.error().message();
}

std::vector<ActionOutcome> CommandExecutor::restore_all(WallTime now) {
  std::vector<ActionOutcome> outcomes;
  for (const UndoJournal::Entry& entry : journal_.entries()) {
    // A reflex that never fired: what is there now is the owner's.
    if (entry.original == entry.last_written) continue;
    ActionOutcome outcome = make_outcome(entry.target, entry.knob, now);
    outcome.before = outcome.after = look_at(entry.target, entry.knob).current;
    restore(entry.target, entry.knob, outcome);
    outcomes.push_back(std::move(outcome));
  }
  // Parents came first. v1 lets a parent shrink only after its children.
  for (ActionOutcome& outcome : outcomes) {
    if (outcome.status == ActionStatus::failed) restore(outcome.target, outcome.knob, outcome);
  }
  return outcomes;
}

TargetState CommandExecutor::look_at(const CgroupTarget& target, Knob knob) const {
  TargetState state;
  const auto dir = CgroupDir::open(layout_.workload_root(), target.path);
  if (!dir) return state;
  state.exists = true;
  state.id = dir->id();
  const Actuator* const actuator = find_actuator(knob);
  const auto current = actuator ? actuator->read(target)
                                : Result<KnobValue>(Error(ErrorCode::unsupported, "no such knob"));
  state.knob_supported = current.has_value();
  if (current) state.current = *current;
  if (const auto used = read_working_set(layout_, target)) state.working_set = *used;
  return state;
}

Result<void> CommandExecutor::record(const CgroupTarget& target, Knob knob, KnobValue original,
                                     KnobValue next) {
  auto recorded = journal_.record(target, knob, original, next);
  if (recorded || recorded.error().code() != ErrorCode::exhausted) return recorded;
  forget_vanished();
  return journal_.record(target, knob, original, next);
}

// After a write that failed. The journal keeps what it says about the knob unless it is sure that
// nothing changed.
KnobValue CommandExecutor::take_back(const CgroupTarget& target, Knob knob, KnobValue before,
                                     bool first_touch) {
  const auto present = find_actuator(knob)->read(target);
  const bool unchanged = present ? *present == before : is_gone(present.error());
  // A journal that can't be written now only remembers too much: a restoration then writes what is
  // there.
  if (unchanged && first_touch) static_cast<void>(journal_.forget(target, knob));
  if (unchanged && !first_touch) static_cast<void>(journal_.record(target, knob, before, before));
  return present ? *present : before;
}

void CommandExecutor::forget_vanished() {
  for (const UndoJournal::Entry& entry : journal_.entries()) {
    const auto dir = open_workload(layout_, entry.target);
    if (!dir && is_gone(dir.error())) static_cast<void>(journal_.forget(entry.target, entry.knob));
  }
}

Actuator* CommandExecutor::find_actuator(Knob knob) const {
  const auto found =
      std::ranges::find(actuators_, knob, [](const auto& actuator) { return actuator->knob(); });
  return found == actuators_.end() ? nullptr : found->get();
}

}  // namespace foreshock::agent
