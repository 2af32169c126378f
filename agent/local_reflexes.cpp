#include "agent/local_reflexes.h"

#include <utility>

#include <fmt/format.h>

#include "common/base/log.h"
#include "common/os/file.h"
#include "common/wire/codec.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kStateFileLimit = std::size_t{4} << 20;

void refuse(Refusal refusal, std::string detail, ActionOutcome& outcome) {
  outcome.status = ActionStatus::refused;
  outcome.refusal = refusal;
  outcome.detail = std::move(detail);
}

std::string describe(const ReflexFiring& firing) {
  return fmt::format("`{}` (pid {})", firing.command, firing.pid);
}

}  // namespace

LocalReflexes::LocalReflexes(Options options, Parts parts)
    : options_(std::move(options)), parts_(parts), table_(options_.max_armed) {}

Result<void> LocalReflexes::resume(WallTime now) {
  if (options_.state_file.empty()) return {};
  const auto text = read_file(options_.state_file, kStateFileLimit);
  if (!text && text.error().code() == ErrorCode::not_found) return {};
  if (!text) return text.error();
  // The file is a report that holds nothing but reflexes.
  auto kept = decode_report(as_bytes(*text));
  if (!kept) return kept.error().in(options_.state_file);
  // The cgroups of another boot are gone, and their limits with them.
  if (kept->boot_id != options_.boot_id) return {};
  for (auto& state : kept->reflexes) resume_one(std::move(state), now);
  judge_again(now);
  publish();
  return {};
}

void LocalReflexes::resume_one(ReflexState state, WallTime now) {
  const Adjustment& adjustment = state.reflex.adjustment;
  auto file = parts_.executor.hold(adjustment.target, adjustment.knob);
  if (!file) {
    log_warning("reflex_not_resumed name=\"{}\" error=\"{}\"", state.reflex.name,
                file.error().message());
    return;
  }
  // The end came between the write and the books: the limit is where the reflex puts it, and was
  // somewhere else when it was armed.
  const auto original = parts_.executor.original_of(adjustment.target, adjustment.knob);
  const auto present = file->read();
  if (!state.active_until && !state.reflex.dry_run && original && present &&
      *present == adjustment.value && is_looser(*present, *original)) {
    state.base = *original;
    state.active_until = now + state.reflex.window;
  }
  files_[state.reflex.decision_id] = std::make_shared<const KnobFile>(*std::move(file));
  table_.resume(std::move(state));
}

ActionOutcome LocalReflexes::execute(const Command& command, WallTime now) {
  ActionOutcome outcome = parts_.executor.prepare_reflex(command, now);
  if (outcome.status != ActionStatus::applied) return outcome;
  if (const auto* arm_command = std::get_if<ArmReflex>(&command.body)) {
    arm(arm_command->reflex, outcome, now);
  } else {
    disarm(std::get<DisarmReflex>(command.body).decision_id, outcome, now);
  }
  return outcome;
}

void LocalReflexes::arm(const Reflex& reflex, ActionOutcome& outcome, WallTime now) {
  if (const auto* known = table_.find(reflex.decision_id); known && known->reflex == reflex) {
    outcome.detail = "armed already";
    return;
  }
  if (!table_.has_room_for(reflex)) {
    release_undo(reflex);
    return refuse(Refusal::over_budget,
                  fmt::format("{} reflexes are armed, as many as the configuration allows",
                              table_.states().size()),
                  outcome);
  }
  auto file = parts_.executor.hold(reflex.adjustment.target, reflex.adjustment.knob);
  if (!file) {
    release_undo(reflex);
    outcome.status = ActionStatus::failed;
    outcome.detail = file.error().message();
    return;
  }
  if (const auto* same = table_.find_same(reflex)) {
    const auto replaced = same->reflex.decision_id;
    if (const auto ending = table_.end(replaced); ending && !ending->reflex.dry_run)
      end(*ending, now);
    files_.erase(replaced);
  }
  files_[reflex.decision_id] = std::make_shared<const KnobFile>(*std::move(file));
  table_.arm(reflex);
  outcome.detail = fmt::format("armed until {}{}", format_utc(reflex.expires),
                               reflex.dry_run ? ", as a dry run" : "");
  save();
  publish();
}

void LocalReflexes::disarm(std::uint64_t decision_id, ActionOutcome& outcome, WallTime now) {
  const auto* known = table_.find(decision_id);
  if (known == nullptr) {
    outcome.detail = "it was not armed";
    return;
  }
  const Reflex reflex = known->reflex;
  outcome.target = reflex.adjustment.target;
  outcome.knob = reflex.adjustment.knob;
  outcome.detail = "disarmed";
  forget(reflex, now);
  save();
  publish();
}

void LocalReflexes::forget(const Reflex& reflex, WallTime now) {
  if (const auto ending = table_.end(reflex.decision_id); ending && !reflex.dry_run)
    end(*ending, now);
  table_.remove(reflex.decision_id);
  files_.erase(reflex.decision_id);
  release_undo(reflex);
}

/// The undo entry of a limit that no reflex is about any more, where nothing was ever written.
void LocalReflexes::release_undo(const Reflex& reflex) {
  const auto& [target, knob, value] = reflex.adjustment;
  for (const auto& state : table_.states()) {
    const Adjustment& other = state.reflex.adjustment;
    if (other.target == target && other.knob == knob && !state.reflex.dry_run) return;
  }
  parts_.executor.forget_reflex(reflex);
}

void LocalReflexes::judge_again(WallTime now) {
  std::vector<Reflex> refused;
  for (const auto& state : table_.states()) {
    const Verdict verdict = parts_.executor.judge_reflex(state.reflex, now);
    if (verdict.allowed() || verdict.refusal == Refusal::expired) continue;
    log_warning("reflex_dropped signature=\"{}\" refusal={} detail=\"{}\"", state.reflex.signature,
                to_string(verdict.refusal), verdict.detail);
    refused.push_back(state.reflex);
  }
  if (refused.empty()) return;
  for (const auto& reflex : refused) forget(reflex, now);
  save();
  publish();
}

std::vector<ActionOutcome> LocalReflexes::take_fired(WallTime now) {
  std::vector<ActionOutcome> outcomes;
  for (const auto& firing : parts_.firer.take_firings()) {
    if (auto outcome = on_firing(firing, now)) outcomes.push_back(*std::move(outcome));
  }
  if (!outcomes.empty()) save();
  return outcomes;
}

std::optional<ActionOutcome> LocalReflexes::on_firing(const ReflexFiring& firing, WallTime now) {
  using Effect = ReflexFiring::Effect;
  const auto* state = table_.find(firing.decision_id);
  if (state == nullptr) return std::nullopt;  // disarmed meanwhile
  const Reflex reflex = state->reflex;
  const bool was_active = state->active_until.has_value();
  switch (firing.effect) {
    case Effect::needless:
      table_.on_needless(firing.decision_id, now);
      return std::nullopt;
    case Effect::suppressed:
      table_.on_suppressed(firing.decision_id);
      return std::nullopt;
    case Effect::would_move:
      if (was_active) {
        table_.on_needless(firing.decision_id, now);
        return std::nullopt;
      }
      break;
    case Effect::failed:
      table_.on_failed(firing.decision_id);
      break;
    case Effect::moved:
      break;
  }
  ActionOutcome outcome;
  if (firing.effect == Effect::moved) {
    table_.on_moved(firing.decision_id, firing.before, firing.reaction, now);
    outcome = parts_.executor.confirm_reflex(reflex, firing.before, now);
  } else {
    outcome.target = reflex.adjustment.target;
    outcome.knob = reflex.adjustment.knob;
    outcome.time = now;
    outcome.decision_id = reflex.decision_id;
    outcome.cause = ActionCause::reflex;
    outcome.requested = reflex.adjustment.value;
    outcome.before = outcome.after = firing.before;
  }
  if (firing.effect == Effect::would_move) {
    table_.on_moved(firing.decision_id, firing.before, firing.reaction, now);
    outcome.status = ActionStatus::dry_run;
  } else if (firing.effect == Effect::failed) {
    outcome.status = ActionStatus::failed;
    outcome.detail = firing.problem;
  }
  outcome.reaction = firing.reaction;
  outcome.detail =
      fmt::format("{}{}{}", describe(firing), outcome.detail.empty() ? "" : ": ", outcome.detail);
  return outcome;
}

std::vector<ActionOutcome> LocalReflexes::end_due(WallTime now) {
  std::vector<ActionOutcome> outcomes;
  for (const auto& ending : table_.take_over(now)) {
    // A dry run has moved nothing, and another reflex may still want the limit as it is.
    if (ending.reflex.dry_run) continue;
    outcomes.push_back(end(ending, now));
  }
  const auto expired = table_.take_expired(now);
  for (const auto& reflex : expired) {
    log_info("reflex_expired name=\"{}\" signature=\"{}\"", reflex.name, reflex.signature);
    files_.erase(reflex.decision_id);
    release_undo(reflex);
  }
  if (!outcomes.empty() || !expired.empty()) save();
  if (!expired.empty()) publish();
  return outcomes;
}

ActionOutcome LocalReflexes::end(const ReflexTable::Ending& ending, WallTime now) {
  return parts_.executor.end_reflex(ending.reflex, ending.expected, ending.next, now);
}

void LocalReflexes::publish() {
  std::vector<ReflexTrigger> triggers;
  for (const auto& state : table_.states())
    triggers.push_back({state.reflex, files_.at(state.reflex.decision_id)});
  parts_.firer.set_triggers(std::move(triggers));
}

void LocalReflexes::save() {
  if (options_.state_file.empty()) return;
  Report kept;
  kept.boot_id = options_.boot_id;
  kept.reflexes = table_.states();
  const auto saved = replace_file(options_.state_file, encode_report(kept));
  if (!saved && problem_.empty()) {
    log_error("reflexes_not_saved error=\"{}\"", saved.error().message());
  }
  problem_ = saved ? "" : saved.error().message();
}

}  // namespace foreshock::agent
