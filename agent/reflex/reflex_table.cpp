#include "agent/reflex/reflex_table.h"

#include <algorithm>
#include <utility>

namespace foreshock::agent {

namespace {

bool is_same_knob(const Adjustment& a, const Adjustment& b) {
  return a.target == b.target && a.knob == b.knob;
}

bool moves(const ReflexState& state) {
  return state.active_until.has_value() && !state.reflex.dry_run;
}

}  // namespace

ReflexState* ReflexTable::find_mutable(std::uint64_t decision_id) {
  const auto found = std::ranges::find(
      states_, decision_id, [](const ReflexState& state) { return state.reflex.decision_id; });
  return found == states_.end() ? nullptr : &*found;
}

const ReflexState* ReflexTable::find(std::uint64_t decision_id) const {
  return const_cast<ReflexTable*>(this)->find_mutable(decision_id);
}

const ReflexState* ReflexTable::find_same(const Reflex& reflex) const {
  const auto found = std::ranges::find_if(states_, [&](const ReflexState& state) {
    return state.reflex.signature == reflex.signature &&
           is_same_knob(state.reflex.adjustment, reflex.adjustment);
  });
  return found == states_.end() ? nullptr : &*found;
}

bool ReflexTable::has_room_for(const Reflex& reflex) const {
  return states_.size() < most_ || find(reflex.decision_id) || find_same(reflex);
}

void ReflexTable::arm(Reflex reflex) {
  if (const auto* same = find_same(reflex)) remove(same->reflex.decision_id);
  remove(reflex.decision_id);
  ReflexState state;
  state.reflex = std::move(reflex);
  states_.push_back(std::move(state));
}

void ReflexTable::remove(std::uint64_t decision_id) {
  std::erase_if(states_, [&](const ReflexState& s) { return s.reflex.decision_id == decision_id; });
}

KnobValue ReflexTable::loosest_active(const Adjustment& adjustment, KnobValue base) const {
  KnobValue loosest = base;
  for (const auto& state : states_) {
    const Adjustment& other = state.reflex.adjustment;
    if (moves(state) && is_same_knob(other, adjustment) && is_looser(other.value, loosest))
      loosest = other.value;
  }
  return loosest;
}

const ReflexState* ReflexTable::on_moved(std::uint64_t decision_id, KnobValue before,
                                         Nanoseconds reaction, WallTime now) {
  ReflexState* const state = find_mutable(decision_id);
  if (state == nullptr) return nullptr;
  if (!state->active_until) {
    state->base = before;
    // Moved from where another reflex had moved it: both go back to where that one began.
    for (const auto& other : states_) {
      if (moves(other) && is_same_knob(other.reflex.adjustment, state->reflex.adjustment) &&
          before == other.reflex.adjustment.value)
        state->base = other.base;
    }
  }
  ++state->fired;
  state->last_fired = now;
  state->last_reaction = reaction;
  state->active_until = now + state->reflex.window;
  return state;
}

void ReflexTable::on_needless(std::uint64_t decision_id, WallTime now) {
  ReflexState* const state = find_mutable(decision_id);
  if (state == nullptr) return;
  if (!state->active_until) {
    // As loose as another reflex has made it: from now on this one wants it too.
    for (const auto& other : states_) {
      if (moves(other) && is_same_knob(other.reflex.adjustment, state->reflex.adjustment)) {
        state->base = other.base;
        state->active_until = now + state->reflex.window;
        ++state->extended;
        return;
      }
    }
    ++state->needless;
    return;
  }
  ++state->extended;
  state->active_until = now + state->reflex.window;
}

void ReflexTable::on_suppressed(std::uint64_t decision_id) {
  if (auto* state = find_mutable(decision_id)) ++state->suppressed;
}

void ReflexTable::on_failed(std::uint64_t decision_id) {
  if (auto* state = find_mutable(decision_id)) ++state->failed;
}

ReflexTable::Ending ReflexTable::make_ending(ReflexState& state) {
  const Adjustment& adjustment = state.reflex.adjustment;
  const KnobValue base = state.base;
  const KnobValue expected = loosest_active(adjustment, base);
  state.active_until.reset();
  const KnobValue next = loosest_active(adjustment, base);
  state.base.reset();
  return {state.reflex, expected, next};
}

std::vector<ReflexTable::Ending> ReflexTable::take_over(WallTime now) {
  std::vector<Ending> endings;
  for (auto& state : states_) {
    if (!state.active_until || now < *state.active_until) continue;
    endings.push_back(make_ending(state));
  }
  return endings;
}

std::optional<ReflexTable::Ending> ReflexTable::end(std::uint64_t decision_id) {
  ReflexState* const state = find_mutable(decision_id);
  if (state == nullptr || !state->active_until) return std::nullopt;
  return make_ending(*state);
}

std::vector<Reflex> ReflexTable::take_expired(WallTime now) {
  std::vector<Reflex> expired;
  for (const auto& state : states_) {
    if (now >= state.reflex.expires && !state.active_until) expired.push_back(state.reflex);
  }
  for (const auto& reflex : expired) remove(reflex.decision_id);
  return expired;
}

}  // namespace foreshock::agent
