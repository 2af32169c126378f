#include "coordinator/forecast/lag_regression.h"

#include <algorithm>
#include <cmath>

#include "coordinator/forecast/least_squares.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kSpeeds = 6;
constexpr std::size_t kFeatures = kSpeeds + 4;  ///< a constant and three seasonal lags
constexpr double kRidge = 20;                   ///< in squares of the series' noise
constexpr double kRidgeOfConstant = 100;        ///< rows that say: no offset
constexpr double kMemoryUnits = 14;
constexpr double kHuber = 2;
constexpr double kAnchorRatio = 1.6;

using Regression = LeastSquares<kFeatures>;
using Features = Regression::Vector;

/// 1, 2, 3, 5, 8, ... up to the last point.
std::vector<std::size_t> anchors_of(std::size_t points) {
  std::vector<std::size_t> anchors;
  for (double x = 1;; x = std::max(x * kAnchorRatio, x + 1)) {
    const auto h = static_cast<std::size_t>(std::lround(x));
    if (h >= points) break;
    if (anchors.empty() || h > anchors.back()) anchors.push_back(h);
  }
  anchors.push_back(points);
  return anchors;
}

/// From a step that is forecast back to those of the season that are known: the newest one of the
/// day, the one before, the newest one of the week. 0: there is no such season.
struct SeasonalLags {
  SeasonalLags(const Window& window, std::size_t ahead) {
    const auto whole = [ahead](std::size_t season) {
      return season == 0 ? 0 : (ahead + season - 1) / season * season;
    };
    day = whole(window.day);
    day_before = day == 0 ? 0 : day + window.day;
    week = whole(window.week);
  }

  std::size_t day;
  std::size_t day_before;
  std::size_t week;
};

/// What is left of the values when the shape is taken off, and its means.
class Rest {
 public:
  explicit Rest(const Window& window) : values_(window.size(), 0.0), means_(window.size()) {
    const double slowest = 2 * static_cast<double>(window.unit);
    for (std::size_t j = 0; j < kSpeeds; ++j)
      shares_[j] = std::pow(slowest, -static_cast<double>(j) / (kSpeeds - 1));
  }

  /// @param age  how many there were before
  void add(std::size_t t, double value, std::size_t age) {
    values_[t] = value;
    const double least = 1.0 / static_cast<double>(age + 1);
    for (std::size_t j = 0; j < kSpeeds; ++j)
      now_[j] += (value - now_[j]) * std::max(shares_[j], least);
    for (std::size_t j = 0; j + 1 < kSpeeds; ++j) means_[t][j] = now_[j] - now_[j + 1];
    means_[t].back() = now_.back();
  }

  double value(std::size_t t) const { return values_[t]; }
  double expected() const { return now_[1]; }

  /// Of a forecast `ahead` steps after step `last`.
  Features features(std::size_t last, std::size_t ahead, const SeasonalLags& lags) const {
    Features x{};
    const auto& mean = means_[last];
    std::copy(mean.begin(), mean.end(), x.begin());
    x[kSpeeds] = 1;
    const std::size_t target = last + ahead;
    x[kSpeeds + 1] = before(target, lags.day, mean.back());
    x[kSpeeds + 2] = before(target, lags.day_before, mean.back());
    x[kSpeeds + 3] = before(target, lags.week, mean.back());
    return x;
  }

 private:
  double before(std::size_t target, std::size_t back, double slow) const {
    return back > 0 && target >= back ? values_[target - back] - slow : 0;
  }

  std::vector<double> values_;
  std::vector<std::array<double, kSpeeds>> means_;  ///< each less the next slower one; the slowest
  std::array<double, kSpeeds> now_{};
  std::array<double, kSpeeds> shares_{};
};

/// The regression for one distance.
class Anchor {
 public:
  /// Rows that overlap by far say nearly the same: of far distances every few are taken, and count
  /// for as many.
  Anchor(const Window& window, std::size_t ahead, double forgetting)
      : ahead_(ahead),
        lags_(window, ahead),
        stride_(1 + ahead / 12),
        keep_(std::pow(forgetting, static_cast<double>(stride_))) {}

  std::size_t ahead() const { return ahead_; }
  double predict(const Features& x) const { return regression_.predict(x); }
  void solve(const Features& ridges) { regression_.solve(ridges); }

  void learn(const Rest& rest, std::size_t t, std::size_t first) {
    if (t < first + ahead_ || t % stride_ != 0) return;
    const Features x = rest.features(t - ahead_, ahead_, lags_);
    const double error = std::abs(rest.value(t) - regression_.predict(x));
    const double usual = rows_ > 20 ? errors_ / rows_ : error;
    const double weight = error > kHuber * usual ? kHuber * usual / error : 1;
    errors_ = keep_ * errors_ + error;
    rows_ = keep_ * rows_ + 1;
    regression_.add(x, rest.value(t), weight * static_cast<double>(stride_), keep_);
  }

 private:
  std::size_t ahead_;
  SeasonalLags lags_;
  std::size_t stride_;
  double keep_;
  double errors_ = 0;
  double rows_ = 0;
  Regression regression_;
};

class ShapeRun {
 public:
  ShapeRun(const Window& window, Shape& shape, const Horizons& horizons)
      : window_(window),
        shape_(shape),
        horizons_(horizons),
        rest_(window),
        first_(window.day > 0 ? window.day : 10) {
    ridges_.fill(kRidge * window.noise * window.noise);
    ridges_[kSpeeds] = kRidgeOfConstant;
    const double forgetting = std::exp(-1 / (kMemoryUnits * static_cast<double>(window.unit)));
    for (const std::size_t ahead : anchors_of(horizons.points))
      anchors_.emplace_back(window, ahead, forgetting);
  }

  MemberPaths run() {
    MemberPaths member{.name = shape_.name(), .paths = {}};
    const std::size_t refit = window_.unit;
    for (std::size_t t = 0; t <= window_.size(); ++t) {
      const std::size_t made = member.paths.size();
      if (made < horizons_.origins.size() && horizons_.origins[made] == t) {
        if (t == window_.size()) solve();
        member.paths.push_back(path(t));
      }
      if (t == window_.size()) break;
      learn(t);
      if (t > first_ && t % refit == 0) solve();
    }
    return member;
  }

 private:
  void learn(std::size_t t) {
    const bool known = window_.known[t] != 0;
    if (t >= first_) {
      rest_.add(t, known ? window_.values[t] - shape_.at(t, t) : rest_.expected(), t - first_);
      if (known) {
        for (Anchor& anchor : anchors_) anchor.learn(rest_, t, first_);
      }
    }
    if (known) shape_.add(t, window_.values[t]);
  }

  void solve() {
    for (Anchor& anchor : anchors_) anchor.solve(ridges_);
  }

  std::vector<double> path(std::size_t origin) const {
    std::vector<double> path(horizons_.points);
    std::size_t a = 0;
    for (std::size_t h = 1; h <= horizons_.points; ++h) {
      while (a + 1 < anchors_.size() && anchors_[a + 1].ahead() <= h) ++a;
      path[h - 1] =
          shape_.at(origin, origin + h - 1) + (origin > first_ ? off_shape(origin - 1, h, a) : 0);
    }
    return path;
  }

  double off_shape(std::size_t last, std::size_t h, std::size_t a) const {
    const Features x = rest_.features(last, h, SeasonalLags(window_, h));
    const double near = anchors_[a].predict(x);
    if (a + 1 == anchors_.size() || h == anchors_[a].ahead()) return near;
    const auto from = static_cast<double>(anchors_[a].ahead());
    const auto to = static_cast<double>(anchors_[a + 1].ahead());
    const double share = std::log(static_cast<double>(h) / from) / std::log(to / from);
    return near + share * (anchors_[a + 1].predict(x) - near);
  }

  const Window& window_;
  Shape& shape_;
  const Horizons& horizons_;
  Rest rest_;
  std::size_t first_;
  Features ridges_{};
  std::vector<Anchor> anchors_;
};

}  // namespace

MemberPaths forecast_shape(const Window& window, Shape& shape, const Horizons& horizons) {
  return ShapeRun(window, shape, horizons).run();
}

}  // namespace foreshock::coordinator
