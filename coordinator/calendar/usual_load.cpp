#include "coordinator/calendar/usual_load.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace foreshock::coordinator {

namespace {

using std::chrono::hours;

// Of what earlier values weigh, each time: some ten days, some four weeks.
constexpr double kDayKept = .9;
constexpr double kWeekKept = .75;
// What an hour of the week is beside what that hour of any day is: so many weeks must tell.
constexpr double kDayWeight = .05;
// The level of a load: of some days around an hour; and how far off what is usual it is in some ten
// hours.
constexpr double kSlowKept = .98;
constexpr double kFastKept = .9;
constexpr int kTurns = 4;

}  // namespace

std::size_t hour_of_week(WallTime time) {
  // The epoch was a Thursday.
  const auto count = std::chrono::floor<hours>(time).time_since_epoch().count() + 3 * 24;
  const auto week = static_cast<std::int64_t>(kHoursOfWeek);
  return static_cast<std::size_t>(((count % week) + week) % week);
}

std::vector<HourlyLoad> by_hour(const Series& history) {
  std::vector<HourlyLoad> all;
  double sum = 0;
  std::size_t count = 0;
  WallTime hour;
  const auto close = [&] {
    if (count > 0)
      all.push_back({hour + std::chrono::minutes(30), sum / static_cast<double>(count)});
    sum = 0;
    count = 0;
  };
  WallTime time = history.start;
  for (const double value : history.values) {
    const WallTime begins(std::chrono::floor<hours>(time + history.step / 2));
    time += history.step;
    if (begins != hour) close();
    hour = begins;
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  close();
  return all;
}

void UsualLoad::add(std::size_t hour, double value) {
  day_[hour % kHoursOfDay].add(value, kDayKept);
  week_[hour].add(value, kWeekKept);
}

double UsualLoad::at(std::size_t hour) const {
  const FadingMean& day = day_[hour % kHoursOfDay];
  if (day.weight == 0) return 0;
  const FadingMean& own = week_[hour];
  return (own.sum + kDayWeight * day.sum / day.weight) / (own.weight + kDayWeight);
}

double UsualLoad::change_to(std::size_t day, std::size_t hour, double share) const {
  return (at(day * kHoursOfDay + hour % kHoursOfDay) - at(hour)) * std::clamp(share, 0.0, 1.0);
}

UnexplainedLoad::UnexplainedLoad(const std::vector<HourlyLoad>& history,
                                 const Regressor& regressor) {
  std::vector<double> values;
  for (const auto& [middle, value] : history) {
    strengths_.push_back(regressor.at(middle));
    places_.push_back(hour_of_week(middle));
    values.push_back(value);
  }
  left_ = values;
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto level = level_of(left_, kSlowKept);
    usual_ = {};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!is_inside(i)) usual_.add(places_[i], values[i] - level[i]);
    }
    for (std::size_t i = 0; i < values.size(); ++i) left_[i] = values[i] - usual_.at(places_[i]);
  }
  const auto level = level_of(left_, kFastKept);
  for (std::size_t i = 0; i < left_.size(); ++i) left_[i] -= level[i];
}

/// The mean of the hours outside of events around each hour, itself left out.
std::vector<double> UnexplainedLoad::level_of(const std::vector<double>& values,
                                              double kept) const {
  std::vector<FadingMean> around(values.size());
  const auto pass = [&](FadingMean& level, std::size_t i) {
    around[i].sum += level.sum;
    around[i].weight += level.weight;
    if (!is_inside(i)) level.add(values[i], kept);
  };
  FadingMean before;
  for (std::size_t i = 0; i < values.size(); ++i) pass(before, i);
  FadingMean after;
  for (std::size_t i = values.size(); i-- > 0;) pass(after, i);
  std::vector<double> level(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    level[i] = around[i].weight > 0 ? around[i].sum / around[i].weight : 0;
  return level;
}

}  // namespace foreshock::coordinator
