#include "coordinator/forecast/recent_values.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kLeastSample = 6;
constexpr std::size_t kMostDays = 100;
constexpr std::size_t kNeighbours = 48;  ///< a day's part that is about the same time, to each side
constexpr std::size_t kPickedPart = 8;   ///< of all values: above, picking them in order is cheaper

Quantiles quantiles_of_sorted(const std::vector<double>& sample) {
  const auto n = static_cast<double>(sample.size());
  Quantiles quantiles;
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    const double at = std::clamp(kQuantileLevels[q] * (n + 1) - 1, 0.0, n - 1);
    const auto i = static_cast<std::size_t>(at);
    const double next = sample[std::min(i + 1, sample.size() - 1)];
    quantiles[q] = sample[i] + (at - static_cast<double>(i)) * (next - sample[i]);
  }
  return quantiles;
}

}  // namespace

Quantiles quantiles_of(std::vector<double> sample) {
  std::sort(sample.begin(), sample.end());
  return quantiles_of_sorted(sample);
}

RecentValues::RecentValues(const Window& window) : window_(window), in_order_(window.size()) {
  std::iota(in_order_.begin(), in_order_.end(), std::size_t{0});
  std::ranges::sort(in_order_, {}, [&](std::size_t t) { return window.values[t]; });
  for (const std::size_t length : {window.unit / 4, window.unit, 3 * window.unit, window.size()}) {
    if (length >= kLeastSample) stretches_.push_back(std::min(length, window.size()));
  }
}

std::vector<std::string> RecentValues::names() const {
  std::vector<std::string> names;
  for (const std::size_t length : stretches_)
    names.push_back(fmt::format("values of the last {} steps", length));
  if (window_.day > 0) names.emplace_back("values of the same time of day");
  return names;
}

std::vector<Quantiles> RecentValues::stretches_before(std::size_t origin) const {
  std::vector<Quantiles> stretches;
  for (const std::size_t length : stretches_)
    stretches.push_back(quantiles_between(origin - std::min(length, origin), origin));
  return stretches;
}

Quantiles RecentValues::quantiles_between(std::size_t from, std::size_t to) const {
  const auto& values = window_.values;
  if ((to - from) * kPickedPart < values.size()) {
    const auto begin = values.begin();
    return quantiles_of(
        {begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to)});
  }
  std::vector<double> sorted;
  sorted.reserve(to - from);
  for (const std::size_t t : in_order_) {
    if (t >= from && t < to) sorted.push_back(values[t]);
  }
  return quantiles_of_sorted(sorted);
}

Quantiles RecentValues::same_time(std::size_t origin, std::size_t t) const {
  const std::size_t day = window_.day;
  const std::size_t beside = std::max<std::size_t>(1, day / kNeighbours);
  std::vector<double> sample;
  for (std::size_t back = ((t - origin) / day + 1) * day;
       sample.size() < kMostDays * (2 * beside + 1); back += day) {
    if (t < back + beside) break;
    for (std::size_t i = t - back - beside; i <= t - back + beside && i < origin; ++i)
      sample.push_back(window_.values[i]);
  }
  if (sample.empty()) sample.push_back(window_.values[origin - 1]);
  return quantiles_of(std::move(sample));
}

}  // namespace foreshock::coordinator
