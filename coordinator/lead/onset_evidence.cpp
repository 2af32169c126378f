#include "coordinator/lead/onset_evidence.h"

#include <algorithm>
#include <cmath>

#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

constexpr double kLeastRise = -2;
constexpr double kMostRise = 5;
constexpr double kDeviationPerMedian = 1.4826;
constexpr double kDay_s = 86400;
/// Placebo times are those of the same time of day, give or take this.
constexpr double kPlaceboReach_s = 45 * 60;
/// Relative to nearly nothing everything is huge: this share of the high loads is the least that
/// anything is compared with.
constexpr double kLeastShareOfHigh = 0.1;

/// An idle load hardly varies; less than this is no rise, relative to the base line.
constexpr double kLeastDeviation = 0.02;

/// Median of the known values in [from, to); NaN when half of them are not known.
double median_within(const std::vector<double>& values, std::size_t from, std::size_t to) {
  double known[32];
  std::size_t n = 0;
  for (std::size_t i = from; i < to && n < std::size(known); ++i) {
    if (!std::isnan(values[i])) known[n++] = values[i];
  }
  if (n == 0 || 2 * n < to - from) return kUnknownLoad;
  std::nth_element(known, known + n / 2, known + n);
  if (n % 2 == 1) return known[n / 2];
  return (known[n / 2] + *std::max_element(known, known + n / 2)) / 2;
}

double high_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : quantile_of_sorted(values, 0.95);
}

}  // namespace

OnsetEvidence::OnsetEvidence(const std::vector<double>& load, double step_s)
    : load_(load), step_s_(step_s), baseline_(load, step_s) {
  for (std::size_t scale = 0; scale < kScales; ++scale) {
    find_rises(scale);
    compare_with_the_time_of_day(scale);
  }
}

void OnsetEvidence::find_rises(std::size_t scale) {
  const std::size_t n = load_.size();
  const auto [before, after] = kWindows[scale];
  const double least = std::max(1e-9, kLeastShareOfHigh * high_of(load_));
  std::vector<double> relative(n);
  for (std::size_t i = 0; i < n; ++i) relative[i] = load_[i] / std::max(least, baseline_.at(i));
  std::vector<double> rises(n, kUnknownLoad);
  for (std::size_t i = before; i + after < n; ++i) {
    rises[i] =
        median_within(relative, i + 1, i + 1 + after) - median_within(relative, i - before, i);
  }
  std::vector<double> sizes;
  for (const double rise : rises) sizes.push_back(std::abs(rise));
  const double typical = kDeviationPerMedian * median_of(std::move(sizes));
  const double deviation = typical > kLeastDeviation ? typical : kLeastDeviation;
  for (double& rise : rises) {
    rise = std::isnan(rise) ? 0 : std::clamp(rise / deviation, kLeastRise, kMostRise);
  }
  rise_[scale] = std::move(rises);
}

void OnsetEvidence::compare_with_the_time_of_day(std::size_t scale) {
  const std::vector<double>& rises = rise_[scale];
  const std::size_t n = rises.size();
  std::size_t day = std::max<std::size_t>(1, static_cast<std::size_t>(kDay_s / step_s_));
  if (n < 2 * day) day = 1;  // too short to know days: all times are alike
  std::vector<double> sum(day), squares(day), count(day);
  for (std::size_t i = 0; i < n; ++i) {
    sum[i % day] += rises[i];
    squares[i % day] += rises[i] * rises[i];
    ++count[i % day];
  }
  const auto reach =
      std::min<std::size_t>(static_cast<std::size_t>(kPlaceboReach_s / step_s_), (day - 1) / 2);
  std::vector<double> usual(day), varies(day);
  for (std::size_t i = 0; i < day; ++i) {
    double all = 0, mean = 0, square = 0;
    for (std::size_t k = day + i - reach; k <= day + i + reach; ++k) {
      all += count[k % day];
      mean += sum[k % day];
      square += squares[k % day];
    }
    usual[i] = mean / all;
    varies[i] = std::sqrt(std::max(1e-6, square / all - usual[i] * usual[i]));
  }
  surprise_[scale].resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    surprise_[scale][i] = rises[i] == 0 ? 0 : (rises[i] - usual[i % day]) / varies[i % day];
  }
}

void OnsetEvidence::silence(std::size_t from, std::size_t to) {
  for (auto& values : surprise_) {
    for (std::size_t i = from; i < std::min(to, values.size()); ++i) values[i] = 0;
  }
}

}  // namespace foreshock::coordinator
