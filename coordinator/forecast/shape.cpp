#include "coordinator/forecast/shape.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace foreshock::coordinator {

namespace {

/// Exponentially forgotten mean that is a plain mean while it is young.
class Average {
 public:
  void add(double value, double share) {
    ++count_;
    mean_ += (value - mean_) * std::max(1.0 / static_cast<double>(count_), share);
  }
  bool is_known() const { return count_ > 0; }
  double value() const { return mean_; }

 private:
  double mean_ = 0;
  std::size_t count_ = 0;
};

class LevelShape final : public Shape {
 public:
  explicit LevelShape(const Window& window)
      : share_(1.0 / (7 * static_cast<double>(window.unit))) {}
  std::string name() const override { return "level"; }
  double at(std::size_t /*origin*/, std::size_t /*t*/) const override { return level_.value(); }
  void add(std::size_t /*t*/, double value) override { level_.add(value, share_); }

 private:
  double share_;
  Average level_;
};

class DayShape final : public Shape {
 public:
  DayShape(const Window& window, std::string name, double share)
      : name_(std::move(name)), share_(share), places_(window.day) {}
  std::string name() const override { return name_; }
  double at(std::size_t /*origin*/, std::size_t t) const override {
    return places_[t % places_.size()].value();
  }
  void add(std::size_t t, double value) override { places_[t % places_.size()].add(value, share_); }

 private:
  std::string name_;
  double share_;
  std::vector<Average> places_;
};

/// Workdays and weekends apart; each stands in for the other where that has not been seen yet.
/// With fewer places than steps a day it is a smooth curve, interpolated between their centres.
class DayTypeShape final : public Shape {
 public:
  DayTypeShape(const Window& window, std::string name, std::size_t places, double share)
      : window_(window),
        name_(std::move(name)),
        count_(places),
        share_(share * static_cast<double>(places) / static_cast<double>(window.day)),
        places_(2 * places) {}
  std::string name() const override { return name_; }

  double at(std::size_t /*origin*/, std::size_t t) const override {
    const bool weekend = window_.is_weekend(t);
    if (count_ == window_.day) return place(weekend, t % count_);
    const double x = (static_cast<double>(t % window_.day) + 0.5) * static_cast<double>(count_) /
                         static_cast<double>(window_.day) +
                     static_cast<double>(count_) - 0.5;
    const auto before = static_cast<std::size_t>(x);
    const double share = x - static_cast<double>(before);
    return (1 - share) * place(weekend, before % count_) +
           share * place(weekend, (before + 1) % count_);
  }
  void add(std::size_t t, double value) override {
    const std::size_t at = t % window_.day * count_ / window_.day;
    places_[(window_.is_weekend(t) ? count_ : 0) + at].add(value, share_);
    level_.add(value, share_ / static_cast<double>(count_));
  }

 private:
  double place(bool weekend, std::size_t at) const {
    const Average& own = places_[(weekend ? count_ : 0) + at];
    if (own.is_known()) return own.value();
    const Average& other = places_[(weekend ? 0 : count_) + at];
    return other.is_known() ? other.value() : level_.value();
  }

  const Window& window_;
  std::string name_;
  std::size_t count_;
  double share_;
  std::vector<Average> places_;
  Average level_;
};

/// The day, and for each step of the week what it is off that, shrunk by one unseen week without.
class WeekShape final : public Shape {
 public:
  explicit WeekShape(const Window& window)
      : days_(window.day), offsets_(window.week, 0.0), seen_(window.week, 0) {}
  std::string name() const override { return "week"; }
  double at(std::size_t /*origin*/, std::size_t t) const override {
    return days_[t % days_.size()].value() + offsets_[t % offsets_.size()];
  }
  void add(std::size_t t, double value) override {
    constexpr double kDayShare = 0.1;
    constexpr double kWeekShare = 0.25;
    Average& day = days_[t % days_.size()];
    day.add(value, kDayShare);
    double& offset = offsets_[t % offsets_.size()];
    const std::size_t seen = ++seen_[t % offsets_.size()];
    offset += (value - day.value() - offset) *
              std::max(1.0 / (static_cast<double>(seen) + 1), kWeekShare);
  }

 private:
  std::vector<Average> days_;
  std::vector<double> offsets_;
  std::vector<std::size_t> seen_;
};

/// The last repetitions of a period, the latest weighing most. The period may change as time goes
/// on: each holds from its step until the next one's.
class RepeatShape final : public Shape {
 public:
  struct Period {
    std::size_t from;
    std::size_t steps;
  };
  RepeatShape(const Window& window, std::string name, std::vector<Period> periods, double decay)
      : window_(window), name_(std::move(name)), periods_(std::move(periods)), decay_(decay) {}
  std::string name() const override { return name_; }

  double at(std::size_t origin, std::size_t t) const override {
    const std::size_t steps = steps_at(origin);
    const std::size_t back = ((t - origin) / steps + 1) * steps;
    if (back > t) return origin > 0 ? window_.values[origin - 1] : 0;
    double sum = 0;
    double weight = 1;
    double weights = 0;
    std::size_t i = t - back;
    for (std::size_t k = 0; k < kRepetitions && weight > 0; ++k) {
      sum += weight * window_.values[i];
      weights += weight;
      weight *= decay_;
      if (i < steps) break;
      i -= steps;
    }
    return sum / weights;
  }
  void add(std::size_t /*t*/, double /*value*/) override {}

 private:
  static constexpr std::size_t kRepetitions = 6;

  std::size_t steps_at(std::size_t origin) const {
    std::size_t steps = periods_.front().steps;
    for (const Period& period : periods_) {
      if (period.from <= origin) steps = period.steps;
    }
    return steps;
  }

  const Window& window_;
  std::string name_;
  std::vector<Period> periods_;
  double decay_;
};

/// How the periods looked at various times, so that what is tried on the past does not know more
/// than the past did.
void add_found_periods(const Window& window, std::vector<std::unique_ptr<Shape>>& shapes) {
  constexpr std::size_t kPeriods = 2;
  constexpr std::size_t kSearches = 12;
  constexpr double kDecay = 0.7;
  const std::size_t first = window.day > 0 ? 11 * window.day / 5 : window.size() / 3;
  const std::size_t apart = std::max(2 * window.unit, window.size() / kSearches);
  std::vector<std::vector<RepeatShape::Period>> found(kPeriods);
  for (std::size_t end = window.size(); end >= first && end > 0; end -= apart) {
    const auto periods = find_periods(window, end, kPeriods);
    for (std::size_t k = 0; k < periods.size(); ++k) found[k].push_back({end, periods[k]});
    if (end < apart) break;
  }
  for (auto& periods : found) {
    if (periods.empty()) continue;
    std::reverse(periods.begin(), periods.end());
    const std::string name = "every " + std::to_string(periods.back().steps) + " steps";
    shapes.push_back(std::make_unique<RepeatShape>(window, name, periods, kDecay));
  }
}

}  // namespace

std::vector<std::size_t> find_periods(const Window& window, std::size_t end, std::size_t count) {
  constexpr std::size_t kSamples = 400;
  constexpr double kUnknown = std::numeric_limits<double>::infinity();
  const std::size_t longest = std::min(end / 2, window.day > 0 ? 8 * window.day : end / 3);
  if (longest < 4) return {};
  const std::size_t span = window.day > 0 ? 10 * window.day : end / 2;
  const std::size_t from = std::max(longest, end - std::min(end, span));
  const std::size_t stride = std::max<std::size_t>(1, (end - from) / kSamples);
  const std::size_t shortest = std::max<std::size_t>(2, window.day / 24);
  std::vector<double> cost(longest + 1, kUnknown);
  for (std::size_t lag = shortest; lag <= longest; ++lag) {
    double sum = 0;
    for (std::size_t t = from; t < end; t += stride)
      sum += std::abs(window.values[t] - window.values[t - lag]);
    cost[lag] = sum;
  }
  std::vector<std::size_t> lags;
  while (lags.size() < count) {
    const auto best = static_cast<std::size_t>(std::ranges::min_element(cost) - cost.begin());
    if (cost[best] == kUnknown) break;
    lags.push_back(best);
    const std::size_t near = std::max<std::size_t>(1, best / 20);
    for (std::size_t lag = best - std::min(best, near); lag <= std::min(longest, best + near);
         ++lag)
      cost[lag] = kUnknown;
  }
  return lags;
}

std::vector<std::unique_ptr<Shape>> make_shapes(const Window& window) {
  constexpr std::size_t kSmoothPlaces = 48;
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<LevelShape>(window));
  if (window.day > 0) {
    using Periods = std::vector<RepeatShape::Period>;
    shapes.push_back(std::make_unique<DayShape>(window, "day", 0.1));
    shapes.push_back(std::make_unique<DayShape>(window, "recent days", 0.35));
    shapes.push_back(
        std::make_unique<RepeatShape>(window, "last day", Periods{{0, window.day}}, 0.0));
    if (window.day >= 4 * kSmoothPlaces)
      shapes.push_back(std::make_unique<DayTypeShape>(window, "smooth day", kSmoothPlaces, 0.2));
  }
  if (window.week > 0) {
    using Periods = std::vector<RepeatShape::Period>;
    shapes.push_back(std::make_unique<DayTypeShape>(window, "workday/weekend", window.day, 0.15));
    shapes.push_back(std::make_unique<WeekShape>(window));
    shapes.push_back(
        std::make_unique<RepeatShape>(window, "last weeks", Periods{{0, window.week}}, 0.5));
  }
  add_found_periods(window, shapes);
  return shapes;
}

}  // namespace foreshock::coordinator
