#include "coordinator/dispatch/dispatcher.h"

#include <utility>

#include "common/base/assert.h"

namespace foreshock::coordinator {

Dispatcher::Dispatcher(Options options, std::uint64_t epoch, Send send)
    : options_(options), epoch_(epoch), send_(std::move(send)) {}

void Dispatcher::submit(const RecordedDecision& decision, const std::string& public_key,
                        WallTime now) {
  const auto& action = decision.decision().action;
  FS_ASSERT(action.has_value() && decision.decision().mode == PolicyMode::auto_);
  Command command;
  command.id = decision.id();
  command.decision_id = decision.id();
  command.epoch = epoch_;
  command.issued = now;
  command.expires = now + options_.time_to_live;
  command.body = *action;
  InFlight entry{public_key, std::move(command), std::nullopt};
  if (send_(entry.public_key, entry.command)) entry.last_sent = now;
  in_flight_.insert_or_assign(decision.id(), std::move(entry));
}

std::vector<ActionOutcome> Dispatcher::tick(WallTime now) {
  std::vector<ActionOutcome> expired;
  for (auto it = in_flight_.begin(); it != in_flight_.end();) {
    auto& [id, entry] = *it;
    if (now > entry.command.expires) {
      const auto& adjustment = std::get<Adjustment>(entry.command.body);
      ActionOutcome outcome;
      outcome.command_id = id;
      outcome.decision_id = id;
      outcome.status = ActionStatus::failed;
      outcome.detail = "no answer from the agent before the command expired";
      outcome.target = adjustment.target;
      outcome.knob = adjustment.knob;
      outcome.requested = adjustment.value;
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
