#include "coordinator/forecast/aggregation.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kSteps = 24;
constexpr std::size_t kAveraged = 12;  ///< of the last of them the mean is taken
constexpr std::size_t kLeastCases = 30;
constexpr double kLeastShare = 1e-8;
constexpr double kSmoothing =
    0.1;  ///< of the mean error, at the median: there the loss is a parabola

using Column = Eigen::Map<const Eigen::ArrayXd>;

Column column(const std::vector<double>& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

/// Mixture of each case.
Eigen::ArrayXd mix(const Cases& cases, const std::vector<double>& shares) {
  Eigen::ArrayXd mixed = Eigen::ArrayXd::Zero(column(cases.came).size());
  for (std::size_t m = 0; m < shares.size(); ++m) {
    if (shares[m] > 0) mixed += shares[m] * column(cases.said[m]);
  }
  return mixed;
}

double mean_error(const Cases& cases, const Eigen::ArrayXd& mixed, double all) {
  return (column(cases.weight) * (column(cases.came) - mixed).abs()).sum() / all;
}

/// The loss's slope in each member's share, in units of `scale`.
std::vector<double> slopes(const Cases& cases, const Eigen::ArrayXd& mixed, double level,
                           double scale, double all) {
  // At outer levels the few errors beyond must not be outweighed by the many small slopes before.
  const double middle = 4 * level * (1 - level);
  const double soft = kSmoothing * scale * middle * middle;
  const Eigen::ArrayXd errors = column(cases.came) - mixed;
  const Eigen::ArrayXd pulls =
      column(cases.weight) * (0.5 - level - 0.5 * errors / (errors.abs() + soft));
  std::vector<double> slope(cases.said.size(), 0.0);
  for (std::size_t m = 0; m < slope.size(); ++m)
    slope[m] = (pulls * column(cases.said[m])).sum() / (all * scale);
  return slope;
}

/// One multiplicative step; the steepest member moves by at most `rate` in the logarithm.
void step(std::vector<double>& shares, std::vector<double> slope, const std::vector<double>& prior,
          double pull, double rate) {
  double mean = 0;
  for (std::size_t m = 0; m < shares.size(); ++m) {
    if (prior[m] <= 0) continue;
    slope[m] += pull * std::log(shares[m] / prior[m]);
    mean += shares[m] * slope[m];
  }
  double steepest = 1e-9;
  for (std::size_t m = 0; m < shares.size(); ++m) {
    if (prior[m] > 0) steepest = std::max(steepest, std::abs(slope[m] - mean));
  }
  const double length = rate * std::min(1.0, 1 / steepest);
  double all = 0;
  for (std::size_t m = 0; m < shares.size(); ++m) {
    if (prior[m] <= 0) continue;
    shares[m] = std::max(kLeastShare, shares[m] * std::exp(-length * (slope[m] - mean)));
    all += shares[m];
  }
  for (double& share : shares) share /= all;
}

}  // namespace

void Cases::reserve(std::size_t members, std::size_t cases) {
  said.resize(members);
  for (auto& member : said) member.reserve(cases);
  came.reserve(cases);
  weight.reserve(cases);
}

std::vector<double> aggregate(const Cases& cases, double level, const std::vector<double>& prior,
                              double pull) {
  if (cases.size() < kLeastCases || prior.size() < 2) return prior;
  const double all = column(cases.weight).sum();
  const double error = mean_error(cases, mix(cases, prior), all);
  if (!(error > 0)) return prior;
  // So that outer levels, whose losses are small, learn at the same pace.
  const double scale = 2 * error * level * (1 - level);
  std::vector<double> shares = prior;
  std::vector<double> mean(prior.size(), 0.0);
  for (std::size_t k = 0; k < kSteps; ++k) {
    auto slope = slopes(cases, mix(cases, shares), level, error, all);
    for (double& one : slope) one *= error / scale;
    step(shares, std::move(slope), prior, pull, 1 / (1 + 0.1 * static_cast<double>(k)));
    if (k + kAveraged < kSteps) continue;
    for (std::size_t m = 0; m < mean.size(); ++m)
      mean[m] += shares[m] / static_cast<double>(kAveraged);
  }
  return mean;
}

}  // namespace foreshock::coordinator
