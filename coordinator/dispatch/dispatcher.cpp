#include "coordinator/dispatch/dispatcher.h"

#include <utility>

#include "common/base/assert.h"

namespace foreshock::coordinator {

namespace {

decltype(Command::body) body_of(const RecordedDecision& recorded) {
  const Decision& decision = recorded.decision();
  if (decision.reflex) {
    Reflex reflex = *decision.reflex;
    reflex.decision_id = recorded.id();
    return ArmReflex{std::move(reflex)};
  }
  if (decision.disarms) return DisarmReflex{*decision.disarms};
  FS_ASSERT(decision.action.has_value() && decision.mode == PolicyMode::auto_);
  return *decision.action;
}

const Adjustment* adjustment_of(const Command& command) {
  if (const auto* arm = std::get_if<ArmReflex>(&command.body)) return &arm->reflex.adjustment;
  return std::get_if<Adjustment>(&command.body);
}

}  // namespace

Dispatcher::Dispatcher(Options options, std::uint64_t epoch, Send send)
    : options_(options), epoch_(epoch), send_(std::move(send)) {}

void Dispatcher::submit(const RecordedDecision& decision, const std::string& public_key,
                        WallTime now) {
  Command command;
  command.id = decision.id();
  command.decision_id = decision.id();
  command.epoch = epoch_;
  command.issued = now;
  command.expires = now + options_.time_to_live;
  command.body = body_of(decision);
  InFlight entry{public_key, std::move(command), std::nullopt};
  if (send_(entry.public_key, entry.command)) entry.last_sent = now;
  in_flight_.insert_or_assign(decision.id(), std::move(entry));
}

std::vector<ActionOutcome> Dispatcher::tick(WallTime now) {
  std::vector<ActionOutcome> expired;
  for (auto it = in_flight_.begin(); it != in_flight_.end();) {
    auto& [id, entry] = *it;
    if (now > entry.command.expires) {
      ActionOutcome outcome;
      outcome.command_id = id;
      outcome.decision_id = id;
      outcome.status = ActionStatus::failed;
      outcome.detail = "no answer from the agent before the command expired";
      if (const auto* adjustment = adjustment_of(entry.command)) {
        outcome.target = adjustment->target;
        outcome.knob = adjustment->knob;
        outcome.requested = adjustment->value;
      }
      if (!std::holds_alternative<Adjustment>(entry.command.body))
        outcome.cause = ActionCause::arming;
      outcome.time = now;
      expired.push_back(std::move(outcome));
      it = in_flight_.erase(it);
      continue;
    }
    if (!entry.last_sent || now - *entry.last_sent >= options_.resend_after) {
      if (send_(entry.public_key, entry.command)) entry.last_sent = now;
    }
    ++it;
  }
  return expired;
}

bool Dispatcher::on_outcome(const ActionOutcome& outcome) {
  return in_flight_.erase(outcome.command_id) > 0;
}

std::optional<Command> Dispatcher::find(std::uint64_t command_id) const {
  const auto found = in_flight_.find(command_id);
  return found == in_flight_.end() ? std::nullopt : std::optional(found->second.command);
}

std::optional<KnobValue> Dispatcher::pending_value(const std::string& public_key,
                                                   const std::string& cgroup, Knob knob) const {
  for (const auto& [id, entry] : in_flight_) {
    const auto* adjustment = std::get_if<Adjustment>(&entry.command.body);
    if (adjustment != nullptr && entry.public_key == public_key &&
        adjustment->target.path == cgroup && adjustment->knob == knob) {
      return adjustment->value;
    }
  }
  return std::nullopt;
}

}  // namespace foreshock::coordinator
