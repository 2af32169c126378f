#include "coordinator/lead/usual_load.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <Eigen/Cholesky>

#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

constexpr double kDay_s = 86400;
/// Horizons that are fitted; between them coefficients are interpolated.
constexpr std::array<double, 12> kHorizons_s{60,   120,  240,  420,  660,  960,
                                             1380, 1920, 2700, 3900, 5400, 7200};
/// What the last so-and-so long was like.
constexpr std::array<double, 4> kRecent_s{300, 900, 3600, 4 * 3600};
constexpr double kNear_s = 900;
constexpr double kOriginEvery_s = 17 * 60;
constexpr std::size_t kIterations = 6;
constexpr double kRidge = 3;
constexpr double kRidgeOfConstant = 1e-9;
constexpr double kLeastResidual = 0.02;
constexpr double kUnfittedSpread = 0.2;
constexpr std::size_t kLeastRows = 200;

/// Weighted least squares with a ridge on all coefficients but the first: normal equations by
/// Cholesky.
template <std::size_t N>
std::array<double, N> solve_ridge(const std::vector<std::array<double, N>>& rows,
                                  const std::vector<double>& wanted,
                                  const std::vector<double>& weights) {
  constexpr auto kColumns = static_cast<int>(N);
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, kColumns, Eigen::RowMajor>;
  const auto count = static_cast<Eigen::Index>(rows.size());
  const Eigen::Map<const Rows> x(rows.data()->data(), count, kColumns);
  const Eigen::Map<const Eigen::VectorXd> y(wanted.data(), count);
  const Eigen::Map<const Eigen::VectorXd> w(weights.data(), count);
  Eigen::Matrix<double, kColumns, kColumns> equations = x.transpose() * w.asDiagonal() * x;
  equations.diagonal().array() += kRidge;
  equations(0, 0) += kRidgeOfConstant - kRidge;
  std::array<double, N> coefficients{};
  Eigen::Map<Eigen::Matrix<double, kColumns, 1>>(coefficients.data()) =
      equations.llt().solve(x.transpose() * w.asDiagonal() * y);
  return coefficients;
}

/// Median of the known values of `load` over the profile, within [from, to).
double level_between(const std::vector<double>& load, const LoadBaseline& baseline,
                     std::ptrdiff_t from, std::ptrdiff_t to, std::size_t stride = 1) {
  std::vector<double> known;
  from = std::max<std::ptrdiff_t>(0, from);
  to = std::min(to, static_cast<std::ptrdiff_t>(load.size()));
  for (auto i = from; i < to; i += static_cast<std::ptrdiff_t>(stride)) {
    const auto at = static_cast<std::size_t>(i);
    if (!std::isnan(load[at])) known.push_back(load[at] / baseline.profile_at(at));
  }
  return median_of(std::move(known));
}

/// Logarithm of a ratio; 0 where either is unknown.
double log_ratio(double a, double b) {
  if (!(a > 0) || !(b > 0)) return 0;
  return std::clamp(std::log(a / b), -3.0, 3.0);
}

}  // namespace

struct UsualLoad::Origin {
  const std::vector<double>* load = nullptr;
  const LoadBaseline* baseline = nullptr;
  std::ptrdiff_t end = 0;  ///< steps known
  double level = kUnknown;
  double level_last_week = kUnknown;
  std::array<double, kRecent_s.size()> recent{};

  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
};

UsualLoad::Origin UsualLoad::origin(std::size_t host, const std::vector<double>& load,
                                    std::size_t end) const {
  Origin origin;
  origin.load = &load;
  origin.baseline = &baselines_[host];
  origin.end = static_cast<std::ptrdiff_t>(end);
  const auto day = static_cast<std::ptrdiff_t>(day_);
  const std::size_t stride = std::max<std::size_t>(1, day_ / 240);
  origin.level = level_between(load, *origin.baseline, origin.end - day, origin.end, stride);
  origin.level_last_week =
      level_between(load, *origin.baseline, origin.end - 8 * day, origin.end - 7 * day, stride);
  double before = origin.level;
  for (std::size_t k = kRecent_s.size(); k-- > 0;) {
    const auto reach = static_cast<std::ptrdiff_t>(std::max(1.0, kRecent_s[k] / step_s_));
    const double recent =
        level_between(load, *origin.baseline, origin.end - reach, origin.end,
                      std::max<std::size_t>(1, static_cast<std::size_t>(reach) / 60));
    // What is not known is like what is known of a longer time.
    before = std::isnan(recent) ? before : recent;
    origin.recent[k] = log_ratio(before, origin.level);
  }
  return origin;
}

UsualLoad::Features UsualLoad::features(const Origin& origin, std::size_t ahead) const {
  Features x{};
  x[0] = 1;
  for (std::size_t k = 0; k < kRecent_s.size(); ++k) x[1 + k] = origin.recent[k];
  const auto at = origin.end + static_cast<std::ptrdiff_t>(ahead);
  const auto day = static_cast<std::ptrdiff_t>(day_);
  const auto near = static_cast<std::ptrdiff_t>(kNear_s / step_s_);
  const auto around = [&](std::ptrdiff_t back) {
    const auto to = std::min(origin.end, at - back + near + 1);
    return level_between(*origin.load, *origin.baseline, at - back - near, to, 2);
  };
  x[5] = log_ratio(around(day), origin.level);
  x[6] = log_ratio(around(7 * day), origin.level_last_week);
  x[7] = log_ratio(around(2 * day), origin.level);
  return x;
}

UsualLoad::UsualLoad(const std::vector<std::vector<double>>& loads, double step_s)
    : step_s_(step_s), day_(std::max<std::size_t>(1, static_cast<std::size_t>(kDay_s / step_s))) {
  for (const auto& load : loads) baselines_.emplace_back(load, step_s);
  host_spread_.assign(loads.size(), 1);
  const auto every = std::max<std::size_t>(1, static_cast<std::size_t>(kOriginEvery_s / step_s));
  std::vector<std::vector<Origin>> origins(loads.size());
  for (std::size_t host = 0; host < loads.size(); ++host) {
    for (std::size_t end = 2 * day_; end < loads[host].size(); end += every)
      origins[host].push_back(origin(host, loads[host], end));
  }
  for (const double ahead_s : kHorizons_s) {
    fits_.push_back({.ahead = static_cast<std::size_t>(std::max(0.0, ahead_s / step_s - 1)),
                     .coefficients = {},
                     .residuals = {}});
    fit(fits_.back(), origins, loads);
  }
}

void UsualLoad::fit(Fit& fit, const std::vector<std::vector<Origin>>& origins,
                    const std::vector<std::vector<double>>& loads) {
  std::vector<Features> rows;
  std::vector<double> wanted;
  std::vector<std::size_t> host_of;
  for (std::size_t host = 0; host < loads.size(); ++host) {
    for (const Origin& from : origins[host]) {
      const auto at = static_cast<std::size_t>(from.end) + fit.ahead;
      if (at >= loads[host].size() || !(loads[host][at] > 0) || !(from.level > 0)) continue;
      rows.push_back(features(from, fit.ahead));
      wanted.push_back(log_ratio(loads[host][at] / baselines_[host].profile_at(at), from.level));
      host_of.push_back(host);
    }
  }
  std::vector<double> residuals(rows.size());
  const auto find_residuals = [&] {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double expected = 0;
      for (std::size_t k = 0; k < kFeatures; ++k) expected += fit.coefficients[k] * rows[i][k];
      residuals[i] = wanted[i] - expected;
    }
  };
  if (rows.size() >= kLeastRows) {
    std::vector<double> weights(rows.size(), 1.0);
    for (std::size_t turn = 0; turn < kIterations; ++turn) {
      fit.coefficients = solve_ridge(rows, wanted, weights);
      find_residuals();
      for (std::size_t i = 0; i < rows.size(); ++i)
        weights[i] = 1 / std::max(kLeastResidual, std::abs(residuals[i]));
    }
  } else {
    residuals.assign({-kUnfittedSpread, 0, kUnfittedSpread});
    host_of.clear();
  }
  // A host that is noisier than the others is so at all horizons.
  if (!host_of.empty() && &fit == &fits_.front()) {
    std::vector<std::vector<double>> sizes(loads.size());
    std::vector<double> all;
    for (std::size_t i = 0; i < residuals.size(); ++i) {
      sizes[host_of[i]].push_back(std::abs(residuals[i]));
      all.push_back(std::abs(residuals[i]));
    }
    const double typical = median_of(all);
    for (std::size_t host = 0; host < loads.size(); ++host) {
      const double own = median_of(sizes[host]);
      if (own > 0 && typical > 0) host_spread_[host] = own / typical;
    }
  }
  for (std::size_t i = 0; i < host_of.size(); ++i) residuals[i] /= host_spread_[host_of[i]];
  std::sort(residuals.begin(), residuals.end());
  for (std::size_t q = 0; q < kSpreadLevels; ++q) {
    fit.residuals[q] = quantile_of_sorted(
        residuals, (static_cast<double>(q) + 0.5) / static_cast<double>(kSpreadLevels));
  }
}

std::pair<std::size_t, double> UsualLoad::place(std::size_t ahead) const {
  std::size_t below = 0;
  while (below + 2 < fits_.size() && fits_[below + 1].ahead <= ahead) ++below;
  const auto from = static_cast<double>(fits_[below].ahead);
  const auto to = static_cast<double>(fits_[below + 1].ahead);
  const double share = to > from ? (static_cast<double>(ahead) - from) / (to - from) : 0;
  return {below, std::clamp(share, 0.0, 1.0)};
}

std::vector<double> UsualLoad::forecast(std::size_t host, const std::vector<double>& load,
                                        std::size_t horizon) const {
  std::vector<double> medians(horizon);
  const Origin from = origin(host, load, load.size());
  for (std::size_t ahead = 0; ahead < horizon; ++ahead) {
    const std::size_t at = load.size() + ahead;
    if (!(from.level > 0)) {
      medians[ahead] = baselines_[host].at(at);
      continue;
    }
    const Features x = features(from, ahead);
    const auto [below, share] = place(ahead);
    double expected = 0;
    for (std::size_t k = 0; k < kFeatures; ++k) {
      expected += x[k] * ((1 - share) * fits_[below].coefficients[k] +
                          share * fits_[below + 1].coefficients[k]);
    }
    medians[ahead] = from.level * baselines_[host].profile_at(at) * std::exp(expected);
  }
  return medians;
}

double UsualLoad::spread(std::size_t host, std::size_t ahead, double level) const {
  const auto [below, share] = place(ahead);
  const double at = std::clamp(level * static_cast<double>(kSpreadLevels) - 0.5, 0.0,
                               static_cast<double>(kSpreadLevels - 1));
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, kSpreadLevels - 1);
  const double part = at - static_cast<double>(low);
  const auto residual = [&](const Fit& fit) {
    return fit.residuals[low] + part * (fit.residuals[high] - fit.residuals[low]);
  };
  const double mixed = (1 - share) * residual(fits_[below]) + share * residual(fits_[below + 1]);
  return std::exp(mixed * host_spread_[host]);
}

}  // namespace foreshock::coordinator
