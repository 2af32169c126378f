#include "agent/reflex/reflex_firer.h"

#include <algorithm>
#include <utility>

#include "common/signature/signature.h"
#include "common/signature/word_mask.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kShownCommandBytes = 200;

std::string shorten(const Argv& argv) {
  std::string text = argv.words.substr(0, kShownCommandBytes);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

}  // namespace

ReflexFirer::ReflexFirer(const Clock& clock, Options options)
    : clock_(clock),
      options_(options),
      firings_(options.queued_firings),
      triggers_(published_.read()),
      budget_(options.firings_per_minute),
      budget_at_(clock.boot_now()) {}

void ReflexFirer::set_triggers(std::vector<ReflexTrigger> triggers) {
  published_.publish({published_.read()->version + 1, std::move(triggers)});
}

std::optional<std::vector<std::string>> ReflexFirer::take_changed_names() {
  auto published = published_.read();
  if (published->version == triggers_->version) return std::nullopt;
  triggers_ = std::move(published);
  std::vector<std::string> names;
  for (const auto& trigger : triggers_->triggers)
    names.insert(names.end(), trigger.reflex.base_names.begin(), trigger.reflex.base_names.end());
  return names;
}

bool ReflexFirer::on_exec(const ExecEvent& event, const SignatureRules& rules) {
  if (triggers_->triggers.empty() || event.existing) return false;
  const auto name = base_name_of(event.filename);
  // Naming a command costs more than all else here: only for those that a reflex may be about.
  const auto has_name = [&](const ReflexTrigger& t) {
    return std::ranges::find(t.reflex.base_names, name) != t.reflex.base_names.end();
  };
  if (std::ranges::none_of(triggers_->triggers, has_name)) return false;
  const std::string signature = rules.name(event.argv.split(), event.filename).text;
  bool fired = false;
  for (const auto& trigger : triggers_->triggers) {
    if (trigger.reflex.signature == signature) fired |= fire(trigger, event);
  }
  return fired;
}

bool ReflexFirer::fire(const ReflexTrigger& trigger, const ExecEvent& event) {
  using Effect = ReflexFiring::Effect;
  const Reflex& reflex = trigger.reflex;
  if (clock_.wall_now() >= reflex.expires) return false;
  ReflexFiring firing;
  firing.decision_id = reflex.decision_id;
  firing.exec_time = event.time;
  firing.pid = event.facts.process.pid;
  const auto before = trigger.file->read();
  if (!before) {
    firing.problem = before.error().message();
  } else if (firing.before = *before; !is_looser(reflex.adjustment.value, *before)) {
    firing.effect = Effect::needless;
  } else if (!take_from_budget(clock_.boot_now())) {
    firing.effect = Effect::suppressed;
  } else if (reflex.dry_run) {
    firing.effect = Effect::would_move;
  } else if (const auto written = trigger.file->write(reflex.adjustment.value); !written) {
    firing.problem = written.error().message();
  } else {
    firing.effect = Effect::moved;
  }
  firing.reaction = clock_.boot_now() - event.time;
  firing.command = shorten(event.argv);
  const bool urgent = firing.effect != Effect::needless && firing.effect != Effect::suppressed;
  if (!firings_.try_push(firing)) lost_firings_.fetch_add(1, std::memory_order_relaxed);
  return urgent;
}

/// A bucket that fills again within a minute.
bool ReflexFirer::take_from_budget(BootTime now) {
  const double most = options_.firings_per_minute;
  const auto passed = std::chrono::duration<double>(now - budget_at_).count();
  budget_ = std::min(most, budget_ + std::max(passed, 0.0) * most / 60);
  budget_at_ = now;
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

}  // namespace foreshock::agent
