#include "coordinator/forecast/window.h"

#include <algorithm>
#include <cmath>

#include "coordinator/forecast/known_values.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

constexpr nanoseconds kDay = hours(24);
constexpr std::size_t kLeastUnit = 20;

std::size_t steps_a_day(nanoseconds step, std::size_t size) {
  if (step.count() <= 0 || kDay % step != nanoseconds::zero()) return 0;
  const auto day = static_cast<std::size_t>(kDay / step);
  return day >= 4 && 2 * size >= 5 * day ? day : 0;
}

/// 1970-01-01 was a Thursday.
std::size_t steps_since_monday(WallTime start, nanoseconds step) {
  const nanoseconds week = 7 * kDay;
  const nanoseconds since = (start.time_since_epoch() + 3 * kDay) % week;
  return static_cast<std::size_t>((since.count() < 0 ? since + week : since) / step);
}

double mean_change(const std::vector<double>& values, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i) sum += std::abs(values[i] - values[i - lag]);
  return values.size() > lag ? sum / static_cast<double>(values.size() - lag) : 0;
}

}  // namespace

Window make_window(const Series& history) {
  Window window;
  window.values = bridge_gaps(history);
  const std::size_t skipped = history.values.size() - window.size();
  window.known.resize(window.size());
  for (std::size_t i = 0; i < window.size(); ++i)
    window.known[i] = std::isfinite(history.values[skipped + i]) ? 1 : 0;
  window.day = steps_a_day(history.step, window.size());
  if (window.day > 0) {
    if (window.size() >= 14 * window.day) window.week = 7 * window.day;
    const WallTime start = history.start + history.step * static_cast<std::int64_t>(skipped);
    window.monday = steps_since_monday(start, history.step);
  }
  window.unit = window.day > 0 ? window.day : std::max(kLeastUnit, window.size() / 8);
  window.noise = mean_change(window.values, window.day > 0 ? window.day : 1);
  // A constant has no noise; what is divided by it stays finite.
  const double largest = std::abs(*std::ranges::max_element(
      window.values, [](double a, double b) { return std::abs(a) < std::abs(b); }));
  window.noise = std::max(window.noise, 1e-9 * largest + 1e-12);
  window.never_negative = *std::ranges::min_element(window.values) >= 0;
  return window;
}

}  // namespace foreshock::coordinator
