#include "coordinator/calendar/effect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kSaturday = 5;
constexpr std::size_t kSunday = 6;
// What lasts as long is a day that may be like another one.
constexpr std::size_t kLeastDay = 20;
constexpr double kMostSpread = 3;

/// Of one event: how far its hours were off what is usual, as far as an effect is learned from it.
struct Event {
  std::vector<std::size_t> hours;  ///< of the history
  double products = 0;             ///< of strength and what is unexplained
  double squares = 0;              ///< of strength
  double saturday_errors = 0;      ///< were its days like that day of the week
  double sunday_errors = 0;
};

/// Errors inside of events, of one way to see them ahead.
class Errors {
 public:
  void add(double unexplained, double guess) {
    with_ += std::abs(unexplained - guess);
    without_ += std::abs(unexplained);
    gain_ += std::abs(unexplained) - std::abs(unexplained - guess);
    ++count_;
  }
  void end_event() {
    gains_ += gain_;
    squares_ += gain_ * gain_;
    gain_ = 0;
  }
  double usefulness() const { return without_ > 0 ? 1 - with_ / without_ : 0; }
  /// What it gained over all events, in what that would vary by were its sign chance in each.
  double certainty() const { return squares_ > 0 ? gains_ / std::sqrt(squares_) : 0; }
  double mean() const { return count_ > 0 ? with_ / static_cast<double>(count_) : 0; }

 private:
  double with_ = 0;
  double without_ = 0;
  double gain_ = 0;  // of this event
  double gains_ = 0;
  double squares_ = 0;
  std::size_t count_ = 0;
};

std::vector<Event> find_events(const UnexplainedLoad& history) {
  std::vector<Event> events;
  bool was_inside = false;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool is_inside = history.is_inside(i) && history.is_known(i);
    if (is_inside) {
      if (!was_inside) events.emplace_back();
      Event& event = events.back();
      event.hours.push_back(i);
      event.products += history.strength(i) * history.at(i);
      event.squares += history.strength(i) * history.strength(i);
      if (history.is_known_by_week(i)) {
        event.saturday_errors += std::abs(history.at(i) - history.change_to(kSaturday, i));
        event.sunday_errors += std::abs(history.at(i) - history.change_to(kSunday, i));
      }
    }
    was_inside = is_inside;
  }
  return events;
}

/// What events tell of how the load follows them.
class Lesson {
 public:
  void add(const Event& event) { add(event, 1); }
  Lesson without(const Event& event) const {
    Lesson others = *this;
    others.add(event, -1);
    return others;
  }
  double per_unit() const { return squares_ > 0 ? products_ / squares_ : 0; }
  /// A Sunday, unless Saturday was nearer.
  std::size_t like_day() const { return saturday_errors_ < sunday_errors_ ? kSaturday : kSunday; }

 private:
  void add(const Event& event, double times) {
    products_ += times * event.products;
    squares_ += times * event.squares;
    saturday_errors_ += times * event.saturday_errors;
    sunday_errors_ += times * event.sunday_errors;
  }

  double products_ = 0;
  double squares_ = 0;
  double saturday_errors_ = 0;
  double sunday_errors_ = 0;
};

double mean_error_outside(const UnexplainedLoad& history) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history.is_inside(i)) continue;
    sum += std::abs(history.at(i));
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

RegressorEffect measure_effect(const std::vector<HourlyLoad>& values, const Regressor& regressor) {
  const UnexplainedLoad history(values, regressor);
  const auto events = find_events(history);
  Lesson all;
  for (const Event& event : events) all.add(event);
  Errors of_units;
  Errors of_days;
  for (const Event& event : events) {
    const Lesson others = all.without(event);
    for (const std::size_t i : event.hours) {
      of_units.add(history.at(i), others.per_unit() * history.strength(i));
      if (history.is_known_by_week(i))
        of_days.add(history.at(i), history.change_to(others.like_day(), i));
    }
    of_units.end_event();
    of_days.end_event();
  }
  RegressorEffect effect;
  effect.events = events.size();
  effect.per_unit = all.per_unit();
  effect.usefulness = of_units.usefulness();
  effect.certainty = of_units.certainty();
  RegressorEffect as_day = effect;
  as_day.like_day = all.like_day();
  as_day.usefulness = of_days.usefulness();
  as_day.certainty = of_days.certainty();
  const bool are_days = std::ranges::all_of(
      events, [](const Event& event) { return event.hours.size() >= kLeastDay; });
  const bool is_day =
      are_days && as_day.helps() && (!effect.helps() || as_day.usefulness > effect.usefulness);
  if (is_day) effect = as_day;
  effect.usual = history.usual();
  const double inside = (is_day ? of_days : of_units).mean();
  if (const double outside = mean_error_outside(history); inside > 0 && outside > 0)
    effect.spread = std::clamp(inside / outside, 1.0, kMostSpread);
  return effect;
}

}  // namespace

double RegressorEffect::change_at(WallTime time, double strength) const {
  if (!like_day) return per_unit * strength;
  return usual.change_to(*like_day, hour_of_week(time), strength);
}

RegressorEffects measure_effects(const Series& history, const std::vector<Regressor>& regressors) {
  RegressorEffects effects;
  std::vector<HourlyLoad> unexplained = by_hour(history);
  while (effects.size() < regressors.size()) {
    std::pair<const Regressor*, RegressorEffect> best{nullptr, {}};
    RegressorEffects of_no_use;
    for (const Regressor& regressor : regressors) {
      if (effects.contains(regressor.name)) continue;
      auto effect = measure_effect(unexplained, regressor);
      if (!effect.helps())
        of_no_use.emplace(regressor.name, effect);
      else if (best.first == nullptr || effect.usefulness > best.second.usefulness)
        best = {&regressor, std::move(effect)};
    }
    if (best.first == nullptr) {
      effects.merge(of_no_use);
      break;
    }
    for (auto& [middle, value] : unexplained)
      value -= best.second.change_at(middle, best.first->at(middle));
    effects.emplace(best.first->name, std::move(best.second));
  }
  return effects;
}

void remove_effects(Series& history, const std::vector<Regressor>& regressors,
                    const RegressorEffects& effects) {
  const bool can_be_negative = std::ranges::any_of(history.values, [](double v) { return v < 0; });
  for (const Regressor& regressor : regressors) {
    const auto found = effects.find(regressor.name);
    if (found == effects.end() || !found->second.helps()) continue;
    for (std::size_t i = 0; i < history.values.size(); ++i) {
      const WallTime middle =
          history.start + history.step * static_cast<std::int64_t>(i) + history.step / 2;
      double& value = history.values[i];
      value -= found->second.change_at(middle, regressor.at(middle));
      if (!can_be_negative && value < 0) value = 0;
    }
  }
}

void apply_effects(Forecast& forecast, const std::vector<Regressor>& regressors,
                   const RegressorEffects& effects, ForecastBase base) {
  const bool can_be_negative = std::ranges::any_of(
      forecast.quantiles, [](const Quantiles& quantiles) { return quantiles.front() < 0; });
  const double least = can_be_negative ? -std::numeric_limits<double>::infinity() : 0;
  for (const Regressor& regressor : regressors) {
    const auto found = effects.find(regressor.name);
    if (found == effects.end() || !found->second.helps()) continue;
    const RegressorEffect& effect = found->second;
    const WallTime before = forecast.start - std::chrono::nanoseconds(1);
    const double strength_before = base == ForecastBase::as_it_was ? regressor.at(before) : 0;
    const double already = effect.change_at(before, strength_before);
    // What an event that goes on brings is known.
    const double spread = strength_before == 0 ? effect.spread : 1;
    for (std::size_t point = 0; point < forecast.mean.size(); ++point) {
      const WallTime middle =
          forecast.start + forecast.step * static_cast<std::int64_t>(point) + forecast.step / 2;
      const double strength = regressor.at(middle);
      const double change = effect.change_at(middle, strength) - already;
      if (change == 0 && strength == 0) continue;
      const double wider = strength == 0 ? 1 : spread;
      const double median = forecast.mean[point];
      forecast.mean[point] = std::max(least, median + change);
      for (double& quantile : forecast.quantiles[point])
        quantile = std::max(least, median + change + wider * (quantile - median));
    }
  }
}

}  // namespace foreshock::coordinator
