#include "coordinator/forecast/backtest.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

namespace {

double pinball(double error, double offset, double level) {
  const double miss = error - offset;
  return miss >= 0 ? level * miss : (level - 1) * miss;
}

}  // namespace

std::size_t bucket_of(std::size_t steps_ahead) {
  return std::bit_width(std::max<std::size_t>(steps_ahead, 1)) - 1;
}

const std::vector<double>& BacktestErrors::at_distance(std::size_t steps_ahead) const {
  static const std::vector<double> kNone;
  // A distance nobody was tried at takes the nearest shorter one that was.
  for (std::size_t bucket = std::min(bucket_of(steps_ahead) + 1, by_bucket.size()); bucket-- > 0;) {
    if (!by_bucket[bucket].empty()) return by_bucket[bucket];
  }
  return kNone;
}

BacktestErrors backtest(const PointModel& model, const std::vector<double>& values,
                        std::size_t season, std::size_t points, std::size_t origins) {
  BacktestErrors errors;
  errors.by_bucket.resize(bucket_of(points) + 1);
  const std::size_t first = std::max(values.size() / 2, std::min(2 * season, values.size()));
  if (first >= values.size() || origins == 0) return errors;
  const std::size_t tries = std::min(origins, values.size() - first);
  for (std::size_t t = 0; t < tries; ++t) {
    const std::size_t origin = first + t * (values.size() - first) / tries;
    const std::vector<double> known(values.begin(),
                                    values.begin() + static_cast<std::ptrdiff_t>(origin));
    if (std::ranges::all_of(known, [](double value) { return std::isnan(value); })) continue;
    const std::size_t ahead = std::min(points, values.size() - origin);
    const auto predicted = model.predict(known, season, ahead);
    for (std::size_t i = 0; i < ahead; ++i) {
      const double error = values[origin + i] - predicted[i];
      if (std::isnan(error)) continue;
      errors.by_bucket[bucket_of(i + 1)].push_back(error);
      ++errors.points;
    }
  }
  for (auto& bucket : errors.by_bucket) std::ranges::sort(bucket);
  return errors;
}

std::array<double, 7> error_quantiles(const std::vector<double>& sorted) {
  std::array<double, 7> offsets{};
  if (sorted.empty()) return offsets;
  const auto n = static_cast<double>(sorted.size());
  for (std::size_t i = 0; i < kQuantileLevels.size(); ++i) {
    const double level = kQuantileLevels[i];
    // (n+1)·level, rounded outwards, counts one unseen value among the seen ones.
    const double rank = level < 0.5   ? std::floor((n + 1) * level)
                        : level > 0.5 ? std::ceil((n + 1) * level)
                                      : std::round((n + 1) * level);
    const auto at = static_cast<std::size_t>(std::clamp(rank, 1.0, n)) - 1;
    offsets[i] = sorted[at];
  }
  return offsets;
}

double mean_pinball(const BacktestErrors& errors) {
  double sum = 0;
  double count = 0;
  for (const auto& bucket : errors.by_bucket) {
    const auto offsets = error_quantiles(bucket);
    for (const double error : bucket) {
      for (std::size_t i = 0; i < offsets.size(); ++i)
        sum += pinball(error, offsets[i], kQuantileLevels[i]);
      count += static_cast<double>(offsets.size());
    }
  }
  return count > 0 ? sum / count : 0;
}

double coverage80(const BacktestErrors& errors) {
  double inside = 0;
  double count = 0;
  for (const auto& bucket : errors.by_bucket) {
    if (bucket.size() < 4) continue;
    // Sorted errors, split into every second one: two halves of the same spread.
    std::array<std::vector<double>, 2> halves;
    for (std::size_t i = 0; i < bucket.size(); ++i) halves[i % 2].push_back(bucket[i]);
    for (std::size_t side = 0; side < 2; ++side) {
      const auto band = error_quantiles(halves[1 - side]);
      for (const double error : halves[side]) {
        inside += error >= band[2] && error <= band[4] ? 1 : 0;
        ++count;
      }
    }
  }
  return count > 0 ? inside / count : 0;
}

}  // namespace foreshock::coordinator
