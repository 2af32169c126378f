#include "coordinator/lead/load_baseline.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

constexpr double kDay_s = 86400;
/// The level follows the median of so much time to each side.
constexpr double kLevelReach_s = 12 * 3600;
constexpr double kLevelStep_s = 1800;
/// The profile is smoothed over so much to each side.
constexpr double kProfileReach_s = 15 * 60;
constexpr double kLeast = 1e-6;

/// Mean over a ring of 2·reach + 1 neighbours.
std::vector<double> smooth_ring(const std::vector<double>& ring, std::size_t reach) {
  const std::size_t n = ring.size();
  reach = std::min(reach, (n - 1) / 2);
  std::vector<double> smooth(n);
  double sum = 0;
  for (std::size_t k = 0; k < 2 * reach + 1; ++k) sum += ring[(n - reach + k) % n];
  for (std::size_t i = 0; i < n; ++i) {
    smooth[i] = sum / static_cast<double>(2 * reach + 1);
    sum += ring[(i + reach + 1) % n] - ring[(i + n - reach) % n];
  }
  return smooth;
}

/// Gaps in a ring take the mean of what is known.
void fill_unknown(std::vector<double>& ring) {
  double sum = 0;
  double known = 0;
  for (const double value : ring) {
    if (std::isnan(value)) continue;
    sum += value;
    ++known;
  }
  for (double& value : ring) {
    if (std::isnan(value)) value = known > 0 ? sum / known : 1;
  }
}

}  // namespace

LoadBaseline::LoadBaseline(const std::vector<double>& values, double step_s)
    : steps_per_day_(std::max<std::size_t>(1, static_cast<std::size_t>(kDay_s / step_s))),
      profile_(1, 1.0),
      level_steps_(std::max<std::size_t>(1, static_cast<std::size_t>(kLevelStep_s / step_s))) {
  if (values.size() >= 2 * steps_per_day_) fit_profile(values);
  fit_level(values);
}

void LoadBaseline::fit_profile(const std::vector<double>& values) {
  // Each day by its own median, so that busy and quiet days tell the same shape.
  std::vector<double> relative(values.size(), std::nan(""));
  for (std::size_t begin = 0; begin < values.size(); begin += steps_per_day_) {
    const std::size_t end = std::min(values.size(), begin + steps_per_day_);
    if (2 * (end - begin) < steps_per_day_) break;
    const double level = median_of({values.begin() + static_cast<std::ptrdiff_t>(begin),
                                    values.begin() + static_cast<std::ptrdiff_t>(end)});
    if (std::isnan(level) || level <= 0) continue;
    for (std::size_t i = begin; i < end; ++i) relative[i] = values[i] / level;
  }
  const auto reach =
      static_cast<std::size_t>(kProfileReach_s / kDay_s * static_cast<double>(steps_per_day_));
  const std::size_t bin = std::max<std::size_t>(1, reach / 3);
  std::vector<double> shape(steps_per_day_);
  std::vector<double> seen;
  for (std::size_t from = 0; from < steps_per_day_; from += bin) {
    seen.clear();
    const std::size_t to = std::min(from + bin, steps_per_day_);
    for (std::size_t day = 0; day < relative.size(); day += steps_per_day_) {
      for (std::size_t i = day + from; i < std::min(day + to, relative.size()); ++i)
        seen.push_back(relative[i]);
    }
    std::fill(shape.begin() + static_cast<std::ptrdiff_t>(from),
              shape.begin() + static_cast<std::ptrdiff_t>(to), median_of(seen));
  }
  fill_unknown(shape);
  profile_ = smooth_ring(shape, reach);
  const double mean =
      std::accumulate(profile_.begin(), profile_.end(), 0.0) / static_cast<double>(profile_.size());
  for (double& value : profile_) value = std::max(kLeast, mean > 0 ? value / mean : 1);
}

void LoadBaseline::fit_level(const std::vector<double>& values) {
  const auto reach =
      static_cast<std::size_t>(kLevelReach_s / kDay_s * static_cast<double>(steps_per_day_));
  // A coarse series first: the median of medians is as robust and cheap.
  std::vector<double> coarse;
  for (std::size_t begin = 0; begin < values.size(); begin += level_steps_) {
    std::vector<double> own;
    for (std::size_t i = begin; i < std::min(values.size(), begin + level_steps_); ++i)
      own.push_back(values[i] / profile_at(i));
    coarse.push_back(median_of(std::move(own)));
  }
  const std::size_t far = std::max<std::size_t>(1, reach / level_steps_);
  const auto first = std::find_if(coarse.begin(), coarse.end(), [](double v) { return v > 0; });
  double last = first == coarse.end() ? 1 : *first;
  for (std::size_t k = 0; k < coarse.size(); ++k) {
    const std::size_t from = k < far ? 0 : k - far;
    const std::size_t to = std::min(coarse.size(), k + far + 1);
    const double level = median_of({coarse.begin() + static_cast<std::ptrdiff_t>(from),
                                    coarse.begin() + static_cast<std::ptrdiff_t>(to)});
    if (!std::isnan(level)) last = std::max(kLeast, level);
    level_.push_back(last);
  }
}

double LoadBaseline::at(std::size_t step) const {
  if (level_.empty()) return kLeast;
  return profile_at(step) * level_[std::min(step / level_steps_, level_.size() - 1)];
}

}  // namespace foreshock::coordinator
