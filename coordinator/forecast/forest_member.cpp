#include "coordinator/forecast/forest_member.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kLeastValues = 1500;
constexpr std::size_t kTaughtPast = 3;  ///< forests for the past
constexpr std::size_t kPairs = 2500;    ///< that each is taught with
constexpr QuantileForest::Options kForest = {
    .kind = QuantileForest::Kind::extra, .trees = 40, .min_leaf = 8};

}  // namespace

bool ForestMember::is_worth_it(const Window& window) {
  return window.day >= 24 && window.size() >= kLeastValues;
}

ForestMember::ForestMember(const Window& window, std::size_t first, std::size_t points)
    : window_(window), points_(points), sums_(1, 0.0) {
  sums_.reserve(window.size() + 1);
  for (const double value : window.values) sums_.push_back(sums_.back() + value);
  for (std::size_t k = 0; k < kTaughtPast; ++k) {
    const std::size_t end = first + k * (window.size() - first) / kTaughtPast;
    taught_.push_back({end, teach(end)});
  }
  taught_.push_back({window.size(), teach(window.size())});
}

double ForestMember::mean_of(std::ptrdiff_t from, std::ptrdiff_t to) const {
  const auto last = static_cast<std::ptrdiff_t>(window_.size());
  const auto begin = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(from, 0, last - 1));
  const auto end = static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(to, static_cast<std::ptrdiff_t>(begin) + 1, last));
  return (sums_[end] - sums_[begin]) / static_cast<double>(end - begin);
}

double ForestMember::level(std::size_t origin) const {
  const auto now = static_cast<std::ptrdiff_t>(origin);
  return mean_of(now - static_cast<std::ptrdiff_t>(window_.day), now);
}

ForestMember::Row ForestMember::row_of(std::size_t origin, std::size_t h) const {
  const auto now = static_cast<std::ptrdiff_t>(origin);
  const auto day = static_cast<std::ptrdiff_t>(window_.day);
  const auto t = now + static_cast<std::ptrdiff_t>(h);
  // The newest steps at the same time of day, and of the week, that are known.
  const std::ptrdiff_t same = t - (static_cast<std::ptrdiff_t>(h) / day + 1) * day;
  const std::ptrdiff_t same_in_week = std::min(same, t - 7 * day);
  const std::ptrdiff_t around = std::max<std::ptrdiff_t>(1, day / 96);
  const std::ptrdiff_t hour = day / 24;
  const auto value = [&](std::ptrdiff_t at) {
    return window_.values[static_cast<std::size_t>(std::max<std::ptrdiff_t>(at, 0))];
  };
  const double usual = level(origin);
  const auto step = static_cast<std::size_t>(t);
  const auto weekday = static_cast<double>((window_.monday + step) / window_.day % 7);
  return {value(same) - usual,
          value(same - day) - usual,
          value(same_in_week) - usual,
          mean_of(same - around, std::min(same + around + 1, now)) - usual,
          mean_of(same - day - around, same - day + around + 1) - usual,
          value(now - 1) - usual,
          mean_of(now - hour, now) - usual,
          mean_of(now - day / 4, now) - usual,
          mean_of(now - 2 * day, now - day) - usual,
          usual,
          std::log(static_cast<double>(h + 1)),
          static_cast<double>(step % window_.day),
          static_cast<double>(step % static_cast<std::size_t>(hour)),
          weekday,
          window_.is_weekend(step) ? 1.0 : 0.0};
}

QuantileForest ForestMember::teach(std::size_t end) const {
  std::mt19937_64 random(end);
  std::vector<double> rows;
  std::vector<double> values;
  rows.reserve(kPairs * kFeatures);
  values.reserve(kPairs);
  const std::size_t first = std::min(2 * window_.day, end / 3);
  const double log_points = std::log(static_cast<double>(points_));
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    const std::size_t origin = first + 1 + random() % (end - first - 1);
    // Half of the steps near, where the errors differ most.
    const double drawn = static_cast<double>(random() >> 11) * 0x1.0p-53;
    const double ahead =
        pair % 2 == 0 ? drawn * static_cast<double>(points_) : std::exp(drawn * log_points) - 1;
    const auto h = std::min(static_cast<std::size_t>(ahead), points_ - 1);
    const std::size_t t = origin + h;
    if (t >= end || window_.known[t] == 0) continue;
    const Row row = row_of(origin, h);
    rows.insert(rows.end(), row.begin(), row.end());
    values.push_back(window_.values[t] - level(origin));
  }
  if (values.empty()) {  // hardly anything but gaps
    rows.assign(kFeatures, 0.0);
    values.assign(1, 0.0);
  }
  return QuantileForest::fit(rows, kFeatures, values, kForest);
}

const QuantileForest& ForestMember::forest_for(std::size_t origin) const {
  std::size_t newest = taught_.size() - 1;
  while (newest > 0 && taught_[newest].end > origin) --newest;
  return taught_[newest].forest;
}

double ForestMember::mean(std::size_t origin, std::size_t h) const {
  return level(origin) + forest_for(origin).mean(row_of(origin, h));
}

Quantiles ForestMember::quantiles(std::size_t origin, std::size_t h) const {
  Quantiles quantiles = forest_for(origin).predict(row_of(origin, h));
  for (double& quantile : quantiles) quantile += level(origin);
  return quantiles;
}

}  // namespace foreshock::coordinator
