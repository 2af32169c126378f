#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/forecast/window.h"

namespace foreshock::coordinator {

/// What a series looks like when nothing special happens, learned value by value. How far the
/// series is off its shape just now is left to LagRegression.
class Shape {
 public:
  virtual ~Shape() = default;
  virtual std::string name() const = 0;
  /// The value of step t as the values before `origin` have it; all of them have been added, t >=
  /// origin.
  virtual double at(std::size_t origin, std::size_t t) const = 0;
  /// Values come in order; bridged ones are left out.
  virtual void add(std::size_t t, double value) = 0;
};

/// Those that the window is long enough for, each a line:
/// its slow level; the day as a slow and as a fast average; the last day, the last weeks;
/// the day told apart by workday and weekend, as fine as the steps are and as a smooth curve;
/// a correction for each hour of the week; and the last repetitions at the periods that fitted best
/// (find_periods), which need not be a day: a job that runs every 25 hours is found here.
/// `window` is borrowed.
std::vector<std::unique_ptr<Shape>> make_shapes(const Window& window);

/// Up to `count` lags at which the values before `end` were most like themselves (mean absolute
/// difference over the last ten days), best first; neighbours of a better one are left out. Looks
/// up to eight days back. O(lags × 400).
std::vector<std::size_t> find_periods(const Window& window, std::size_t end, std::size_t count);

}  // namespace foreshock::coordinator
