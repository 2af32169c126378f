#include "coordinator/history/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace foreshock::coordinator {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Time on a grid, in seconds after its start.
double seconds_on(const StepGrid& grid, const SamplePoint& point) {
  const auto start_ns = static_cast<double>(to_ns(grid.start) % 1'000'000);
  return static_cast<double>(point.time_ms - to_ms(grid.start)) / 1e3 - start_ns / 1e9;
}

double step_seconds(const StepGrid& grid) {
  return static_cast<double>(grid.step.count()) / 1e9;
}

/// A step's worth of growth, and how much of the step is known.
struct Growth {
  double amount = 0;
  double seconds = 0;
};

/// Spreads a rate that holds over [from, to) over the steps it touches.
void spread(std::vector<Growth>& steps, double step, double from, double to, double rate) {
  from = std::max(from, 0.0);
  to = std::min(to, step * static_cast<double>(steps.size()));
  if (from >= to) return;
  auto i = std::min(static_cast<std::size_t>(from / step), steps.size() - 1);
  for (; i < steps.size() && from < to; ++i) {
    const double end = std::min(to, step * static_cast<double>(i + 1));
    if (end <= from) continue;  // rounding put the begin a hair before its step
    steps[i].amount += rate * (end - from);
    steps[i].seconds += end - from;
    from = end;
  }
}

}  // namespace

std::chrono::milliseconds longest_gap(std::span<const SamplePoint> points) {
  if (points.size() < 2) return std::chrono::milliseconds(0);
  std::vector<std::int64_t> distances;
  distances.reserve(points.size() - 1);
  for (std::size_t i = 1; i < points.size(); ++i) {
    distances.push_back(points[i].time_ms - points[i - 1].time_ms);
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return std::min(std::chrono::milliseconds(3 * std::min(*middle, kLongestGap.count())),
                  kLongestGap);
}

std::vector<double> resample_counter(std::span<const SamplePoint> points, const StepGrid& grid,
                                     double scale) {
  const auto gap_ms = longest_gap(points).count();
  const double step = step_seconds(grid);
  std::vector<Growth> steps(grid.count);
  for (std::size_t i = 1; i < points.size() && grid.count > 0; ++i) {
    const SamplePoint& earlier = points[i - 1];
    const SamplePoint& later = points[i];
    if (later.time_ms - earlier.time_ms > gap_ms) continue;
    const auto begin = later.value >= earlier.value ? static_cast<double>(earlier.value) : 0.0;
    const double from = seconds_on(grid, earlier);
    const double to = seconds_on(grid, later);
    spread(steps, step, from, to, (static_cast<double>(later.value) - begin) / (to - from));
  }
  std::vector<double> values;
  values.reserve(steps.size());
  for (const Growth& growth : steps) {
    values.push_back(growth.seconds * 2 >= step ? growth.amount / growth.seconds * scale : kNan);
  }
  return values;
}

std::vector<double> resample_gauge(std::span<const SamplePoint> points, const StepGrid& grid,
                                   double scale) {
  const auto gap_ms = longest_gap(points).count();
  const double step = step_seconds(grid);
  std::vector<double> values;
  values.reserve(grid.count);
  std::size_t next = 0;  // first point not before the step
  for (std::size_t i = 0; i < grid.count; ++i) {
    const double begin = step * static_cast<double>(i);
    const double end = step * static_cast<double>(i + 1);
    while (next < points.size() && seconds_on(grid, points[next]) < begin) ++next;
    double sum = 0;
    std::size_t inside = 0;
    for (; next + inside < points.size() && seconds_on(grid, points[next + inside]) < end;
         ++inside) {
      sum += static_cast<double>(points[next + inside].value);
    }
    if (inside > 0) {
      values.push_back(sum / static_cast<double>(inside) * scale);
    } else if (next > 0 && next < points.size() &&
               points[next].time_ms - points[next - 1].time_ms <= gap_ms) {
      const double from = seconds_on(grid, points[next - 1]);
      const double share = ((begin + end) / 2 - from) / (seconds_on(grid, points[next]) - from);
      const auto low = static_cast<double>(points[next - 1].value);
      values.push_back((low + share * (static_cast<double>(points[next].value) - low)) * scale);
    } else {
      values.push_back(kNan);
    }
  }
  return values;
}

}  // namespace foreshock::coordinator
